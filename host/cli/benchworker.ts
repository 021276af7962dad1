/** One worker of `carp bench --workers`: says that it is ready, waits for the word, answers with frames per ns. */
import { once } from "node:events";
import { parentPort, workerData } from "node:worker_threads";
import { monotonicNs } from "../clock.ts";
import { coreLoad, measure } from "./benchload.ts";

const { path, seconds } = workerData as { readonly path: string; readonly seconds: number };
const load = coreLoad("core simd", path);
measure(load, seconds / 4);
parentPort?.postMessage(0);
if (parentPort) await once(parentPort, "message");
const start = monotonicNs();
const endNs = BigInt(Math.round(seconds * 1e9));
let frames = 0;
let elapsedNs: bigint;
do {
  load.run();
  frames += load.frames;
  elapsedNs = monotonicNs() - start;
} while (elapsedNs < endNs);
parentPort?.postMessage(frames / Number(elapsedNs));
