export function withSection(text: string, name: string, body: string): string;
export function writeSection(name: string, body: string, file?: string): void;
export function provenance(): string;
export function today(): string;
export function commit(): string;
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string;
