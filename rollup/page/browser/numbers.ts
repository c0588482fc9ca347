// Numbers as people read them. Prices and sizes come as integers with the size of their step as a decimal string, and are
// multiplied exactly; only what is already rounded for the eye is a float.

interface Decimal {
  readonly digits: bigint;
  readonly places: number;
}

function toDecimal(text: string): Decimal | undefined {
  const match = /^(-?)(\d{0,30})(?:\.(\d{0,18}))?$/.exec(text.trim());
  if (match === null) return undefined;
  const [, sign, whole = "", fraction = ""] = match;
  if (whole === "" && fraction === "") return undefined;
  const digits = BigInt(whole + fraction);
  return { digits: sign === "-" ? -digits : digits, places: fraction.length };
}

/** So many steps, with as many places as the step has. */
export function steps(count: number, step: string): string {
  const { digits, places } = toDecimal(step) ?? { digits: 1n, places: 0 };
  return grouped(BigInt(count) * digits, places);
}

/** How many whole steps a number that somebody typed is; undefined for what is no number. */
export function toSteps(text: string, step: string): number | undefined {
  const value = toDecimal(text.replaceAll(",", ""));
  const unit = toDecimal(step);
  if (value === undefined || unit === undefined || unit.digits <= 0n) return undefined;
  const count =
    (value.digits * 10n ** BigInt(unit.places)) / (unit.digits * 10n ** BigInt(value.places));
  return count > 0n && count <= 2n ** 40n ? Number(count) : undefined;
}

/** USDC, rounded toward zero to so many places. */
export function money(text: string, places = 2): string {
  const value = toDecimal(text);
  if (value === undefined) return "–";
  const shift = value.places - places;
  const digits =
    shift >= 0 ? value.digits / 10n ** BigInt(shift) : value.digits * 10n ** BigInt(-shift);
  return grouped(digits, places);
}

export function signed(text: string, places = 2): string {
  const shown = money(text, places);
  return shown.startsWith("-") || !/[1-9]/.test(shown) ? shown : `+${shown}`;
}

/** Of USDC strings: only for widths and shares, never for what is sent. */
export function approx(text: string): number {
  return Number(text);
}

function grouped(digits: bigint, places: number): string {
  const sign = digits < 0n ? "-" : "";
  const text = (digits < 0n ? -digits : digits).toString().padStart(places + 1, "0");
  const whole = text.slice(0, text.length - places).replace(/\B(?=(\d{3})+$)/g, ",");
  return places === 0 ? `${sign}${whole}` : `${sign}${whole}.${text.slice(-places)}`;
}

export function percent(ratio: number, places = 2): string {
  const text = (100 * ratio).toFixed(places);
  return `${ratio > 0 ? "+" : ""}${text} %`;
}

export function ratePercent(ppb: number | null): string {
  return ppb === null ? "–" : percent(ppb / 1e9, 4);
}

/** `59:07` or `1:00:00`. */
export function countdown(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1_000));
  const parts = [Math.floor(seconds / 60) % 60, seconds % 60].map((part) => two(part));
  const hours = Math.floor(seconds / 3_600);
  return hours > 0 ? `${hours}:${parts.join(":")}` : parts.join(":");
}

export function clock(ms: number): string {
  const date = new Date(ms);
  return [date.getHours(), date.getMinutes(), date.getSeconds()].map((part) => two(part)).join(":");
}

export function milliseconds(ms: number | undefined): string {
  if (ms === undefined) return "–";
  return ms < 10_000 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(1)} s`;
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}
