import { runDemo } from "../demo/demo.ts";
import type { RunCommand } from "./terminal.ts";

/** `carp demo`. */
export const runDemoCommand: RunCommand = (_given, { out }) => runDemo(out);
