export function plot(
  bars: readonly { readonly label: string; readonly value: number; readonly isOurs: boolean }[],
  theme: "light" | "dark",
): string;
