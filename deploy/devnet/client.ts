import type { SealingGroup } from "../../crypto/index.ts";
import type { Genesis } from "../../protocol/index.ts";
import { ConclaveClient } from "../../sdk/index.ts";
import { blstBls, nodeNetworkSignatures } from "../../sequencer/crypto/index.ts";

export interface ClientRequest {
  readonly genesis: Genesis;
  readonly group: SealingGroup;
  /** URLs; those listed first are followed first. */
  readonly endpoints: readonly string[];
}

/** The client of any customer, with the compiled libraries: the devnet shares its cores with those that it watches. */
export function fastClient({ genesis, group, endpoints }: ClientRequest): ConclaveClient {
  const backends = { group, bls: blstBls, networkSignatures: nodeNetworkSignatures };
  return new ConclaveClient({ endpoints, genesis, backends });
}
