// What may stand in a log line. Adapters log what libraries hand them, errors above all, and those carry what nobody
// meant to print: keys, and the addresses of L1 providers, whose path is a password.

const secretName =
  /secret|private|password|passphrase|mnemonic|seed|entropy|keyshare|authorization/i;
const url = /\b([a-z][a-z0-9+.-]*:\/\/)(?:[^\s/@"'<>]*@)?([^\s/?#"'<>]+)[^\s"'<>]*/gi;

const depthMax = 4;
const entriesMax = 64;
const textLengthMax = 1024;
const bytesLengthMax = 32;

/** A printable copy: no value under a secret's name, no URL beyond its host, bytes as hex, everything short. */
export function redact(data: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return redactEntries(Object.entries(data), 0);
}

function redactEntries(
  entries: readonly (readonly [string, unknown])[],
  depth: number,
): Record<string, unknown> {
  return Object.fromEntries(
    entries
      .slice(0, entriesMax)
      .map(([name, value]) => [
        name,
        secretName.test(name) ? "[redacted]" : redactValue(value, depth),
      ]),
  );
}

function redactValue(value: unknown, depth: number): unknown {
  if (typeof value === "string") return redactText(value);
  if (typeof value === "bigint") return value.toString();
  if (typeof value !== "object" || value === null) return value;
  if (depth === depthMax) return "[deeper]";
  if (value instanceof Uint8Array) return redactBytes(value);
  if (value instanceof Error) return redactError(value, depth);
  if (Array.isArray(value))
    return value.slice(0, entriesMax).map((item) => redactValue(item, depth + 1));
  return redactEntries(Object.entries(value), depth + 1);
}

function redactText(text: string): string {
  const cut = text.length > textLengthMax ? `${text.slice(0, textLengthMax)} [cut]` : text;
  return cut.replace(url, "$1$2");
}

function redactBytes(bytes: Uint8Array): string {
  if (bytes.length > bytesLengthMax) return `[${bytes.length} bytes]`;
  return Buffer.from(bytes).toString("hex");
}

/** Neither the stack, which a log line has no room for, nor the request that many libraries attach. */
function redactError(error: Error, depth: number): Record<string, unknown> {
  const { name, message, cause } = error;
  const code = "code" in error ? error.code : undefined;
  const details = "details" in error ? error.details : undefined;
  const known = { name, code, message, details, cause };
  const present = Object.entries(known).filter(([, value]) => value !== undefined);
  return redactEntries(present, depth + 1);
}
