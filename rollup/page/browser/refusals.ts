// Why something was refused, for whoever asked for it.

const texts: Readonly<Record<string, string>> = {
  NO_ACCOUNT: "there is no such account",
  BAD_SIGNER: "the key is not one of the account's, or has expired",
  EXPIRED: "it came too late",
  NONCE_USED: "its number was used already",
  SCOPE: "the key may not do this",
  NO_MARKET: "there is no such market",
  HALTED: "the market takes no such orders now",
  GUARD: "its condition does not hold",
  SIZE: "the size is below the least or above the most",
  PRICE: "the price is out of bounds",
  CANCELLED: "it was cancelled in the same batch",
  SELF_TRADE: "it would trade with another order of yours",
  POST_ONLY: "it would have taken, and was to post only",
  TOO_MANY: "there are too many open orders",
  CAP: "the position would be too large",
  REDUCE_ONLY: "it would not reduce a position",
  MARGIN: "the margin does not suffice",
  NOT_FILLED: "nobody was there to trade with",
  RATE_LIMITED: "too many orders in a short time",
  NOT_SUBMITTED: "the sequencer did not take it",
};

export function explain(code: string): string {
  return texts[code] ?? code.toLowerCase().replaceAll("_", " ");
}
