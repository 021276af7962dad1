import { afterEach, describe, expect, test, vi } from "vitest";
import { OperatorError } from "../../host/errors.ts";

const linux = process.platform === "linux";
const { platform, arch } = process;

afterEach(() => {
  Object.defineProperty(process, "platform", { value: platform });
  Object.defineProperty(process, "arch", { value: arch });
  vi.resetModules();
});

describe("the C library", () => {
  test.for([
    ["darwin", "arm64"],
    ["linux", "ia32"],
    ["linux", "arm"],
  ])("is refused in words on %s %s", async ([otherPlatform, otherArch]) => {
    Object.defineProperty(process, "platform", { value: otherPlatform });
    Object.defineProperty(process, "arch", { value: otherArch });
    vi.resetModules();
    const { libc } = await import("../../host/system/libc.ts");
    const { OperatorError: FreshError } = await import("../../host/errors.ts");
    expect(libc).toThrow(FreshError);
    expect(libc).toThrow(`this is ${otherPlatform} ${otherArch}: run on x86-64 or arm64 Linux`);
    expect(FreshError.name).toBe(OperatorError.name);
  });

  test.runIf(linux)("tells which call failed, with the kernel's number and text", async () => {
    const { check, libc, systemError } = await import("../../host/system/libc.ts");
    expect(check("socket", 3)).toBe(3);
    const attempt = () => check("socket", libc().socket(99, 1, 0));
    expect(attempt).toThrow("socket: Address family not supported by protocol (errno 97)");
    expect(systemError("x", 17, "why")).toMatchObject({
      errno: 17,
      syscall: "x",
      message: "x: File exists: why (errno 17)",
    });
  });

  test.runIf(linux)("hands out memory whose address is that of its bytes, wherever they begin", async () => {
    const { libc } = await import("../../host/system/libc.ts");
    const { allocate, nativeMemory } = await import("../../host/system/memory.ts");
    const pipe = allocate(8);
    const whole = new Uint8Array(64);
    const part = nativeMemory(whole.subarray(24, 40));
    const descriptor = libc().eventfd(5, 0);
    expect(libc().read(descriptor, part.address + 2n, 8)).toBe(8);
    expect([...whole.subarray(24, 29)]).toEqual([0, 0, 5, 0, 0]);
    expect(part.view.getUint8(2)).toBe(5);
    expect(pipe.address % 8n).toBe(0n);
    libc().close(descriptor);
  });
});
