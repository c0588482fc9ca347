import type { SealingGroup } from "../../crypto/index.ts";
import { Height, Namespace, type SealedTransaction } from "../../protocol/index.ts";
import { type Network, sealTransaction } from "../../sdk/index.ts";
import type { Intent } from "./traders.ts";

/** Heights within which a transaction must be ordered. */
const lifeHeights = 10_000;
const feeCap = 100_000;

/** What a trader wants sequenced, sealed to the committee; `height` is the last final one, from which expiry is counted. */
export function sealIntent(
  intent: Intent,
  to: { readonly network: Network; readonly group: SealingGroup; readonly height: number },
): Promise<SealedTransaction> {
  const { network, group, height } = to;
  const envelope = {
    namespace: Namespace(intent.namespace),
    class: intent.class,
    nonce: intent.nonce,
    expiry: Height(height + lifeHeights),
    feeCap,
  };
  const { payload, signer } = intent;
  return sealTransaction({ network, envelope, payload, signer }, group);
}
