// What can be subscribed to, by name: `depth:7`, `trades:7`, `candles:7:1m`, `account:5`, `liquidations`, `status`.

import { type Span, spans } from "./candles.ts";

export type Channel =
  | { readonly type: "depth" | "trades"; readonly market: number }
  | { readonly type: "candles"; readonly market: number; readonly span: Span }
  | { readonly type: "account"; readonly account: number }
  | { readonly type: "liquidations" | "status" };

/** Undefined for a name that no channel has. */
export function parseChannel(name: string): Channel | undefined {
  const [type, id, span, ...others] = name.split(":");
  if (others.length > 0) return undefined;
  if (type === "liquidations" || type === "status") return id === undefined ? { type } : undefined;
  const number = toId(id);
  if (number === undefined) return undefined;
  if (type === "candles") return isSpan(span) ? { type, market: number, span } : undefined;
  if (span !== undefined) return undefined;
  if (type === "depth" || type === "trades") return { type, market: number };
  return type === "account" ? { type, account: number } : undefined;
}

function toId(text: string | undefined): number | undefined {
  if (text === undefined || !/^(0|[1-9][0-9]{0,9})$/.test(text)) return undefined;
  const id = Number(text);
  return id <= 0xffff_ffff ? id : undefined;
}

function isSpan(text: string | undefined): text is Span {
  return text !== undefined && Object.hasOwn(spans, text);
}
