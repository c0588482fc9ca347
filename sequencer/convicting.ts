// What validators lied with: shown to whoever asks, and brought to L1, which judges what they signed for consensus.

import type { Bls } from "../crypto/index.ts";
import {
  type Committee,
  type ContradictionCall,
  type Evidence,
  hexJson,
  offenderOf,
  toContradictionCall,
} from "../protocol/index.ts";
import type { Archive } from "./archive.ts";
import type { Committees } from "./committees.ts";
import type { KeptEvidence } from "./gateway.ts";

export interface ConvictingPorts {
  readonly archive: Pick<Archive, "evidence">;
  readonly committees: Committees;
  readonly bls: Bls;
  /** Address, 20 bytes. */
  readonly hub: Uint8Array;
  /** The call as L1 takes it, in hex. */
  readonly encodeCall: (call: ContradictionCall) => string;
  /** Brings it to L1, if this node posts. */
  readonly convict: (call: ContradictionCall) => void;
}

const evidencePerRead = 64;

export class Convicting {
  readonly #ports: ConvictingPorts;

  constructor(ports: ConvictingPorts) {
    this.#ports = ports;
  }

  /** Of a validator of this committee, just found. */
  onFound(evidence: Evidence, committee: Committee): void {
    const call = this.#callFor(evidence, committee);
    if (call !== undefined) this.#ports.convict(call);
  }

  /** What an earlier start found, and perhaps nobody has brought to L1. */
  async convictAll(): Promise<void> {
    const { archive, committees } = this.#ports;
    for (let after = new Uint8Array(0); ;) {
      const found = await archive.evidence(after, evidencePerRead);
      for (const { evidence } of found) {
        const committee = await committees.of(offenderOf(evidence).epoch);
        if (committee !== undefined) this.onFound(evidence, committee);
      }
      const last = found.at(-1);
      if (last === undefined) return;
      after = Uint8Array.from(last.key);
    }
  }

  /** What the disk has, in the order of its names, after this one; with the call that anyone may bring to L1. */
  async list(after: Uint8Array, limit: number): Promise<KeptEvidence[]> {
    const { archive, committees, hub, encodeCall } = this.#ports;
    const found = await archive.evidence(after, limit);
    return Promise.all(
      found.map(async ({ key, evidence }): Promise<KeptEvidence> => {
        const { epoch, offender } = offenderOf(evidence);
        const committee = await committees.of(epoch);
        const call = committee && this.#callFor(evidence, committee);
        return {
          name: key,
          evidence,
          member: committee?.members[offender],
          call: call && { to: hexJson(hub), data: encodeCall(call) },
        };
      }),
    );
  }

  #callFor(evidence: Evidence, committee: Committee): ContradictionCall | undefined {
    if (evidence.type !== "statements") return undefined;
    return toContradictionCall(evidence, { committee, bls: this.#ports.bls });
  }
}
