import { encodeDeliveredPage, Height, type Namespace } from "../../protocol/index.ts";
import type { Gateway } from "./gateway.ts";
import { pageBytesMax } from "./limits.ts";

export interface EncodedPage {
  readonly bytes: Uint8Array;
  /** Where the next page begins. */
  readonly next: Height;
}

/** A page that fits into `pageBytesMax`: full blocks make it a short one. */
export async function readPage(
  gateway: Gateway,
  range: { readonly namespace: Namespace; readonly from: Height; readonly limit: number },
): Promise<EncodedPage | undefined> {
  let { limit } = range;
  for (;;) {
    const page = await gateway.page(range.namespace, range.from, limit);
    const last = page?.blocks.at(-1);
    if (page === undefined || last === undefined) return undefined;
    const bytes = encodeDeliveredPage(page);
    // A single block always fits; its bodies are bounded by a quarter of a page.
    if (bytes.length <= pageBytesMax || limit === 1)
      return { bytes, next: Height(last.header.height + 1) };
    limit = Math.max(1, Math.floor(Math.min(limit, page.blocks.length) / 2));
  }
}
