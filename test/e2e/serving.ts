// Whether a validator alone can serve a follower: everything from the first height on, page after page.

import type { Validator } from "../../deploy/devnet/validators.ts";
import { decodeDeliveredPage } from "../../protocol/index.ts";
import type { Served } from "./observations.ts";

/** As many blocks as a page may have. */
const limit = 64;

/** Does not verify: what the pages say is checked by those who follow. */
export async function servedBy(
  { index, api }: Validator,
  namespaces: readonly number[],
): Promise<readonly Served[]> {
  return Promise.all(
    namespaces.map(async (namespace) => {
      let height = 0;
      for (;;) {
        const next = await lastOfPage(`${api.url}/v1/namespaces/${namespace}`, height + 1);
        if (next === undefined) return { validator: index, namespace, height };
        height = next;
      }
    }),
  );
}

/** Undefined when there is no such page. */
async function lastOfPage(url: string, from: number): Promise<number | undefined> {
  const response = await fetch(`${url}/blocks?from=${from}&limit=${limit}`);
  if (!response.ok) return undefined;
  const page = decodeDeliveredPage(new Uint8Array(await response.arrayBuffer()));
  return page?.blocks.at(-1)?.header.height;
}
