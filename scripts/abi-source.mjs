// Reads what assembly/abi.ts, assembly/index.ts and the compiled module say of the boundary.

/** The order and titles of the records, by the prefix of their constants. */
const records = {
  SETTINGS: "Settings",
  INTERFACE: "Interface",
  INSTANCE: "Instance",
  RECEIVE: "ReceiveSlot",
  TRANSMIT: "TransmitSlot",
  EVENT: "Event",
  COMMAND: "Command",
};
const sizes = { u8: 1, u16: 2, u32: 4, u64: 8, i32: 4, i64: 8 };

/** Enums with their members and descriptions. `abi` is the compiled abi.ts, `source` its text. */
export function readEnums(abi, source) {
  const enums = {};
  for (const [, comment, name, body] of source.matchAll(
    /(\/\*\*(?:(?!\*\/)[\s\S])*\*\/\n)?export enum (\w+) \{([\s\S]*?)\n\}/g,
  )) {
    const members = {};
    for (const [, note, member] of body.matchAll(/(\/\*\*(?:(?!\*\/)[\s\S])*\*\/\s*)?^ {2}(\w+) = /gm)) {
      members[member] = { value: abi[name][member], ...described(note) };
    }
    enums[name] = { ...described(comment), members };
  }
  return enums;
}

/** Records with their size and fields. */
export function readRecords(abi, source) {
  const found = {};
  for (const [prefix, name] of Object.entries(records)) {
    const size = abi[`${prefix}_SLOT_SIZE`] ?? abi[`${prefix}_SIZE`];
    const fields = [];
    for (const [, constant, note] of source.matchAll(/^export const (\w+) = [^;]+;(?: \/\/ (.*))?$/gm)) {
      if (!constant.startsWith(`${prefix}_`)) continue;
      const field = readField(abi, constant, note, size);
      if (field) fields.push({ name: constant.slice(prefix.length + 1).toLowerCase(), constant, ...field });
    }
    fields.sort((a, b) => a.offset - b.offset);
    found[name] = { size, fields };
  }
  return found;
}

function readField(abi, constant, note, recordSize) {
  const offset = abi[constant];
  if (constant.endsWith("_FRAME")) {
    const size = constant === "RECEIVE_FRAME" ? abi.RECEIVE_FRAME_CAPACITY : recordSize - offset;
    return { offset, size, type: "bytes", description: "the frame, from its target MAC on" };
  }
  const [, type, description = ""] =
    /^(u8|u16|u32|u64|i32|i64|[\w]+ bytes)((?:$|[,:; ]).*)?$/.exec(note ?? "") ?? [];
  if (type === undefined) return undefined;
  const unit = sizes[type] ?? (abi[type.split(" ")[0]] || Number(type.split(" ")[0]));
  const isList = description.startsWith(" each");
  const count = !isList
    ? 1
    : constant.startsWith("COUNTERS_")
      ? abi.SENT_COUNTER_CAPACITY
      : abi.ADDRESS_CAPACITY;
  return {
    offset,
    size: unit * count,
    type: sizes[type] ? (count > 1 ? `${type}[${count}]` : type) : "bytes",
    description: description.replace(/^( each)?[,:;]? ?/, ""),
  };
}

/** The areas of the memory, in order; each reaches to the next. */
export function readMemoryMap(abi, source) {
  const fields = new Set(
    Object.values(readRecords(abi, source)).flatMap((record) => record.fields.map((field) => field.constant)),
  );
  const areas = Object.keys(abi)
    .filter((name) => name.endsWith("_OFFSET") && !fields.has(name))
    .map((constant) => ({ constant, offset: abi[constant] }))
    .sort((a, b) => a.offset - b.offset);
  const end = abi.MEMORY_PAGES * 65536;
  return areas.map((area, index) => ({ ...area, size: (areas[index + 1]?.offset ?? end) - area.offset }));
}

/** Constants that are neither a place nor in an enum. */
export function readConstants(abi, source) {
  const places = new Set([
    ...readMemoryMap(abi, source).map((area) => area.constant),
    ...Object.values(readRecords(abi, source)).flatMap((record) =>
      record.fields.map((field) => field.constant),
    ),
  ]);
  const entries = Object.entries(abi).filter(
    ([name, value]) => typeof value === "number" && !places.has(name),
  );
  return Object.fromEntries(entries);
}

/** The exported functions as assembly/index.ts describes them and as the module has them; they must agree. */
export function readFunctions(indexSource, module) {
  const signatures = readSignatures(module);
  const functions = [];
  for (const [, comment, name, list] of indexSource.matchAll(
    /(\/\*\*(?:(?!\*\/)[\s\S])*\*\/\n)export function (\w+)\(([^)]*)\)/g,
  )) {
    const signature = signatures[name];
    const names = list
      .split(",")
      .map((parameter) => parameter.split(":")[0].trim())
      .filter(Boolean);
    if (signature?.parameters.length !== names.length)
      throw new Error(`${name} is not exported as it is written`);
    const parameters = names.map((parameter, index) => ({
      name: parameter,
      type: signature.parameters[index],
    }));
    functions.push({ name, parameters, results: signature.results, ...described(comment) });
  }
  const missing = Object.keys(signatures).filter((name) => !functions.some((known) => known.name === name));
  if (missing.length > 0) throw new Error(`assembly/index.ts does not describe ${missing.join(", ")}`);
  return functions;
}

/** Parameter and result types of each exported function, from the module's sections (WebAssembly core §5.5). */
function readSignatures(bytes) {
  const valueTypes = { 127: "i32", 126: "i64", 125: "f32", 124: "f64", 123: "v128" };
  let at = 8;
  const number = () => {
    let [value, shift, byte] = [0, 0, 0];
    do {
      byte = bytes[at++];
      value += (byte & 127) * 2 ** shift;
      shift += 7;
    } while (byte > 127);
    return value;
  };
  const list = (item) => Array.from({ length: number() }, item);
  const types = [];
  const functionTypes = [];
  const signatures = {};
  while (at < bytes.length) {
    const section = bytes[at++];
    const end = number() + at;
    if (section === 2) throw new Error("the module has imports");
    if (section === 1) {
      types.push(
        ...list(() => {
          at++;
          return {
            parameters: list(() => valueTypes[bytes[at++]]),
            results: list(() => valueTypes[bytes[at++]]),
          };
        }),
      );
    } else if (section === 3) {
      functionTypes.push(...list(number));
    } else if (section === 7) {
      for (const { name, kind, index } of list(() => {
        const length = number();
        const text = Buffer.from(bytes.subarray(at, at + length)).toString();
        at += length;
        return { name: text, kind: bytes[at++], index: number() };
      })) {
        if (kind === 0) signatures[name] = types[functionTypes[index]];
      }
    }
    at = end;
  }
  return signatures;
}

function described(comment) {
  if (!comment) return {};
  const text = comment
    .replace(/^\s*\/\*\*|\*\/\s*$/g, "")
    .replace(/\n\s*\* ?/g, " ")
    .replace(/\s+/g, " ")
    .trim();
  return { description: text };
}
