// What is measured: this node, keepalived and ucarp, each as a host of the lab runs it.
import { readFile, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { startOn } from "../../build/host/demo/nodes.js";

const skews = { a: 0, b: 100 };
const priorities = { a: 254, b: 100 };

/** The virtual hosts, spread evenly over the interfaces. */
export function virtualHosts(count, interfaces) {
  return Array.from({ length: count }, (_, index) => {
    const at = index % interfaces;
    const vhid = Math.floor(index / interfaces) + 1;
    return { at, vhid, address4: `10.${at}.1.${vhid}`, address6: `2001:db8:${at.toString(16)}::1:${vhid}` };
  });
}

/** This node; `families` is [4] or [4, 6]. */
export function thisNode(program, folder, { families = [4], virtualMac = false, lease = true } = {}) {
  let starts = 0;
  const kind = families.length === 2 ? "dual stack" : "IPv4";
  const name = `carp ${kind}${virtualMac ? ", --vmac" : ""}${lease ? "" : ", --no-lease"}`;
  return {
    name,
    families: families.length,
    masterDownMs: (role) => 3000 + (skews[role] * 1000) / 256,
    jitterMs: 2,
    async start(host, role, hosts) {
      const file = join(folder, `${role}.rc.conf`);
      const socket = join(folder, `${role}${++starts}.sock`);
      await writeFile(file, rcConf(hosts, role, families), { mode: 0o600 });
      const own = [...(virtualMac ? ["--vmac"] : []), ...(lease ? [] : ["--no-lease"])];
      const argv = [process.execPath, ...nodeFlags(role), program, "up", "--socket", socket];
      const child = startOn(host, [...argv, "--rc-conf", file, ...own]);
      return {
        child,
        pids: async () => [child.pid],
        ready: () => until(() => ask(socket, "/v1/sysctl/net.inet.carp.log"), child),
        status: () => ask(socket, "/v1/status"),
        statusCommand: () =>
          host.namespace.run([process.execPath, program, "status", "--json", "--socket", socket]),
        /** Resolves with the milliseconds until it says that the configuration is in force. */
        async reload() {
          await writeFile(file, rcConf(hosts, role, families, 1), { mode: 0o600 });
          const known = child.lines.length;
          const begun = Date.now();
          process.kill(child.pid, "SIGHUP");
          return lineAfter(child, known, /configuration was read again/, begun);
        },
        kill: () => child.stop("SIGKILL"),
        stop: () => child.stop("SIGTERM"),
      };
    },
  };
}

/** keepalived with an instance of VRRPv3 for each virtual host. */
export function keepalived(folder, { virtualMac = false } = {}) {
  let starts = 0;
  return {
    name: `keepalived IPv4${virtualMac ? ", use_vmac" : ""}`,
    families: 1,
    masterDownMs: (role) => 3000 + ((256 - priorities[role]) * 1000) / 256,
    jitterMs: 0,
    async start(host, role, hosts) {
      const file = join(folder, `${role}.keepalived.conf`);
      const pid = join(folder, `${role}${++starts}`);
      await writeFile(file, keepalivedConf(hosts, role, virtualMac), { mode: 0o600 });
      const argv = ["keepalived", "--dont-fork", "--log-console", "--vrrp", "-f", file];
      const child = startOn(host, [...argv, "-p", `${pid}.pid`, "-r", `${pid}.vrrp.pid`]);
      const pids = async () => [child.pid, ...(await childrenOf(child.pid))];
      return {
        child,
        pids,
        ready: () => lineAfter(child, 0, /Startup complete/, Date.now()),
        async reload() {
          await writeFile(file, keepalivedConf(hosts, role, virtualMac, 1), { mode: 0o600 });
          const known = child.lines.length;
          const begun = Date.now();
          process.kill(child.pid, "SIGHUP");
          return lineAfter(child, known, /Reload (complete|finished)/i, begun);
        },
        async kill() {
          for (const each of (await pids()).reverse()) process.kill(each, "SIGKILL");
          await child.ended;
        },
        stop: () => child.stop("SIGTERM"),
      };
    },
  };
}

/** As many ucarp processes as there are virtual hosts; their scripts do nothing. */
export function ucarp(folder) {
  return {
    name: "ucarp IPv4",
    families: 1,
    idleOnly: true,
    masterDownMs: (role) => 3000 + (skews[role] * 1000) / 256,
    jitterMs: 0,
    async start(host, role, hosts) {
      const passFile = join(folder, "ucarp.pass");
      await writeFile(passFile, "testpass\n", { mode: 0o600 });
      const children = hosts.map(({ at, vhid, address4 }) =>
        startOn(host, [
          ...["ucarp", "-i", `eth${at}`, "-s", `10.${at}.0.${role === "a" ? 1 : 2}`, "-v", String(vhid)],
          ...["-o", passFile, "-a", address4, "-u", "/bin/true", "-d", "/bin/true", "-z", "-f", "none"],
          ...["-b", "1", "-k", String(skews[role])],
        ]),
      );
      return {
        child: children[0],
        pids: async () => children.map((child) => child.pid),
        ready: async () => {},
        kill: () => Promise.all(children.map((child) => child.stop("SIGKILL"))),
        stop: () => Promise.all(children.map((child) => child.stop("SIGTERM"))),
      };
    },
  };
}

/** Flags of Node for the one under study, as in CARP_SCALE_FLAGS_A="--cpu-prof". */
function nodeFlags(role) {
  return (process.env[`CARP_SCALE_FLAGS_${role.toUpperCase()}`] ?? "").split(" ").filter(Boolean);
}

function rcConf(hosts, role, families, changedSkew) {
  const own = [...new Set(hosts.map(({ at }) => at))].map(
    (at) => `ifconfig_eth${at}="inet 10.${at}.0.${role === "a" ? 1 : 2} netmask 255.255.0.0"`,
  );
  const next = new Map();
  const alias = (at, text) => {
    const number = next.get(at) ?? 0;
    next.set(at, number + 1);
    return `ifconfig_eth${at}_alias${number}="${text}"`;
  };
  const lines = hosts.flatMap(({ at, vhid, address4, address6 }, index) => {
    const skew = index === 0 && changedSkew !== undefined ? changedSkew : skews[role];
    const first = alias(at, `inet vhid ${vhid} advskew ${skew} pass testpass alias ${address4}/32`);
    if (families.length === 1) return [first];
    return [first, alias(at, `inet6 vhid ${vhid} ${address6} prefixlen 128`)];
  });
  return `${[...own, ...lines].join("\n")}\n`;
}

function keepalivedConf(hosts, role, virtualMac, less = 0) {
  const instances = hosts.map(({ at, vhid, address4 }, index) => {
    const priority = priorities[role] - (index === 0 ? less : 0);
    const own = virtualMac ? `  use_vmac v${at}.${vhid}\n  vmac_xmit_base\n` : "";
    const head = `  state BACKUP\n  nopreempt\n  interface eth${at}\n${own}  virtual_router_id ${vhid}`;
    const timing = `  priority ${priority}\n  advert_int 1`;
    return `vrrp_instance v${at}_${vhid} {\n${head}\n${timing}\n  virtual_ipaddress {\n    ${address4}/32\n  }\n}\n`;
  });
  return `global_defs {\n  vrrp_version 3\n  vrrp_garp_master_repeat 1\n}\n${instances.join("")}`;
}

async function childrenOf(pid) {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, "utf8");
  return text.split(" ").filter(Boolean).map(Number);
}

async function lineAfter(child, known, pattern, begun) {
  await until(async () => {
    if (!child.lines.slice(known).some(({ text }) => pattern.test(text))) throw new Error("not yet");
  }, child);
  return child.lines.slice(known).find(({ text }) => pattern.test(text)).at - begun;
}

async function until(probe, child) {
  const deadline = performance.now() + 60_000;
  for (;;) {
    try {
      return await probe();
    } catch (error) {
      if (child.hasEnded) throw new Error(child.lines.map(({ text }) => text).join("\n"));
      if (performance.now() > deadline) throw error;
      await sleep(5);
    }
  }
}

/** The body of a GET on a node's control socket. */
function ask(socketPath, path) {
  return new Promise((resolve, reject) => {
    const asked = request({ socketPath, path, timeout: 10_000 }, (answer) => {
      const chunks = [];
      answer.on("data", (chunk) => chunks.push(chunk));
      answer.on("error", reject);
      answer.on("end", () => {
        if (answer.statusCode === 200) resolve(JSON.parse(Buffer.concat(chunks).toString()));
        else reject(new Error(`the node answers ${answer.statusCode}`));
      });
    });
    asked.on("error", reject);
    asked.end();
  });
}
