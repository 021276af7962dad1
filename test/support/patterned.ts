/** Bytes that look random and are the same in every run (Park and Miller's generator). */
export function patternedBytes(length: number, seed: number): Uint8Array {
  const next = patternedNumbers(seed);
  return Uint8Array.from({ length }, () => next() >> 8);
}

/** A source of numbers from 1 to 2^31 - 2, the same in every run. */
export function patternedNumbers(seed: number): () => number {
  let state = (seed % 2147483646) + 1;
  return () => {
    state = (state * 48271) % 2147483647;
    return state;
  };
}
