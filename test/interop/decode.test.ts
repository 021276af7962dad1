import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { withNetwork } from "../support/network.ts";
import { pairPlan, waitForState } from "../support/pair.ts";
import { sleep } from "../support/wait.ts";

test("tshark and tcpdump decode what we send, with good checksums", async ({ skip }) => {
  await withNetwork(skip, ["carp", "tshark", "tcpdump"], pairPlan, async (network) => {
    const file = join(network.folder, "sent.pcap");
    const argv = ["dumpcap", "-i", "br0", "-P", "-q", "-w", file, "-f", "proto 112 or ip6 proto 112 or arp"];
    const capture = network.lab.bridge.start(argv);
    const ours = await network.carp("ours", {
      vhid: 42,
      advskew: 7,
      addresses: ["192.168.1.50", "2001:db8::50"],
    });
    await waitForState(ours, 42, "MASTER", 6000);
    await sleep(2500);
    await ours.stop("SIGTERM");
    await sleep(300);
    await new Promise((resolve) => {
      capture.once("close", resolve);
      capture.kill("SIGINT");
    });

    const fields = ["eth.src", "eth.dst", "ip.src", "ip.dst", "ip.ttl", "carp.vhid", "carp.advskew"];
    const v4 = await tshark(file, "carp and ip", [...fields, "carp.adver_int", "carp.checksum.status"]);
    expect(v4.length).toBeGreaterThanOrEqual(4);
    const sent = ["00:00:5e:00:01:2a", "01:00:5e:00:00:12", "192.168.1.3", "224.0.0.18", "255", "42"];
    const regular = [...sent, "7", "1", "1"].join();
    const farewell = [...sent, "255", "255", "1"].join();
    expect([...new Set(v4)]).toEqual([regular, farewell]);
    const v6 = await tshark(file, "carp and ipv6", [
      "eth.dst",
      "ipv6.dst",
      "ipv6.hlim",
      "carp.vhid",
      "carp.checksum.status",
    ]);
    expect([...new Set(v6)]).toEqual(["33:33:00:00:00:12,ff02::12,255,42,1"]);
    expect(await tshark(file, "_ws.malformed", ["frame.number"])).toEqual([]);
    expect(await tshark(file, "ip.checksum.status == 0", ["frame.number"])).toEqual([]);

    const text = (await promisify(execFile)("tcpdump", ["-r", file, "-n", "-v", "-T", "carp"])).stdout;
    expect(text).toContain("CARPv2-advertise 36: vhid=42 advbase=1 advskew=7 authlen=7 counter=");
    expect(text).not.toMatch(/bad|truncated|\[\|/);
  });
});

/** One line a frame, the fields joined by commas. */
async function tshark(file: string, filter: string, fields: readonly string[]): Promise<string[]> {
  const options = ["-r", file, "-d", "ip.proto==112,carp", "-o", "ip.check_checksum:TRUE", "-Y", filter];
  const wanted = ["-T", "fields", "-E", "separator=,", ...fields.flatMap((field) => ["-e", field])];
  const { stdout } = await promisify(execFile)("tshark", [...options, ...wanted]);
  return stdout.split("\n").filter((line) => line !== "");
}
