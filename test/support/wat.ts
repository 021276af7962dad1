/** A function of a module in text form: its instructions, one a line, without indentation and comments. */
export interface WasmFunction {
  readonly index: number;
  readonly code: readonly string[];
}

/** The functions of what wasm2wat prints, in their order; imported ones have no code and are not among them. */
export function wasmFunctions(text: string): WasmFunction[] {
  return text
    .split(/^ {2}\(func /m)
    .slice(1)
    .map((body) => ({
      index: Number(/^\(;(\d+);\)/.exec(body)?.[1]),
      code: body
        .split(/^ {2}\((?:memory|global|export|data|table|elem)/m)[0]
        .split("\n")
        .slice(1)
        .map((line) => line.replace(/;;.*$/, "").trim().replace(/\)+$/, ""))
        .filter((line) => line !== "" && !line.startsWith("(local")),
    }));
}
