// Programs that share one address between the hosts `a` and `b` of a lab, and how each is started, killed and frozen.
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { startNode, startOn } from "../../build/host/demo/nodes.js";

export const address = "192.168.1.50";
const skews = { a: 0, b: 100 };
const priorities = { a: 254, b: 100 };

/** This node. `more` are further arguments. */
export async function thisNode(program, folder, more = []) {
  const passFile = join(folder, "pass");
  await writeFile(passFile, "testpass\n", { mode: 0o600 });
  let sockets = 0;
  const flags = ["--interface", "eth0", "--vhid", "1", "--pass-file", passFile, ...more];
  return {
    name: `this node${more.length > 0 ? `, ${more.join(" ")}` : ""}`,
    masterDownMs: (name) => 3000 + (skews[name] * 1000) / 256,
    start(lab, name) {
      const argv = [...flags, "--advskew", String(skews[name]), `${address}/24`];
      const node = startNode(lab.host(name), program, join(folder, `${++sockets}.sock`), argv);
      return controlled(node, async () => [node.pid]);
    },
  };
}

export async function ucarp(folder) {
  const [passFile, up, down] = ["pass", "up", "down"].map((name) => join(folder, `ucarp.${name}`));
  await writeFile(passFile, "testpass\n", { mode: 0o600 });
  await writeFile(up, '#!/bin/sh\nexec ip addr add "$2/24" dev "$1"\n', { mode: 0o700 });
  await writeFile(down, '#!/bin/sh\nexec ip addr del "$2/24" dev "$1"\n', { mode: 0o700 });
  const flags = ["-i", "eth0", "-v", "1", "-o", passFile, "-a", address, "-u", up, "-d", down, "-z"];
  return {
    name: "ucarp",
    masterDownMs: (name) => 3000 + (skews[name] * 1000) / 256,
    start(lab, name) {
      const host = lab.host(name);
      const own = ["-s", host.addresses[0].split("/")[0], "-k", String(skews[name]), "-f", "none"];
      const child = startOn(host, ["ucarp", ...flags, ...own]);
      return controlled(child, async () => [child.pid]);
    },
  };
}

/** keepalived with VRRPv3, the address on the interface itself; its parent shares the fate of its child. */
export async function keepalived(folder) {
  let starts = 0;
  return {
    name: "keepalived",
    masterDownMs: (name) => 3000 + ((256 - priorities[name]) * 1000) / 256,
    start(lab, name) {
      const file = join(folder, `${++starts}.keepalived`);
      const configuration = writeFile(`${file}.conf`, keepalivedConf(name), { mode: 0o600 });
      const argv = ["keepalived", "--dont-fork", "--log-console", "--vrrp", "-f", `${file}.conf`];
      const child = configuration.then(() =>
        startOn(lab.host(name), [...argv, "-p", `${file}.pid`, "-r", `${file}.vrrp.pid`]),
      );
      const pids = async () => {
        const { pid } = await child;
        const text = await readFile(`/proc/${pid}/task/${pid}/children`, "utf8");
        return [pid, ...text.split(" ").filter(Boolean).map(Number)];
      };
      return controlled(child, pids);
    },
  };
}

function controlled(child, pids) {
  const signalAll = async (signal) => {
    for (const pid of await pids()) process.kill(pid, signal);
  };
  return {
    /** What it has said, for those who want to know why a trial went wrong. */
    words: async () => (await child).lines.map(({ text }) => text).join("\n"),
    socket: async () => (await child).socket,
    hasEnded: async () => (await child).hasEnded,
    freeze: () => signalAll("SIGSTOP"),
    thaw: () => signalAll("SIGCONT"),
    /** All of its processes at the same moment: one that is left would clean up. */
    async kill() {
      await signalAll("SIGSTOP");
      await signalAll("SIGKILL");
      await (await child).ended;
    },
  };
}

function keepalivedConf(name) {
  return `global_defs {
  vrrp_version 3
}
vrrp_instance v1 {
  state BACKUP
  nopreempt
  interface eth0
  virtual_router_id 1
  priority ${priorities[name]}
  advert_int 1
  virtual_ipaddress {
    ${address}/24 dev eth0
  }
}
`;
}
