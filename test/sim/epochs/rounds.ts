// Rounds with their true cryptography, among processes whose disks are simulated: each has a key ring that outlives its
// crashes, and does what the core asks of the keeper of its secrets by the code of production.

import { equalBytes, u64Bytes, utf8 } from "../../../base/index.ts";
import { type DealtKey, dealKeyShares, type SealingGroup, sha256 } from "../../../crypto/index.ts";
import type { RoundAnswer, RoundJob } from "../../../epoch/index.ts";
import { type Committee, quorum } from "../../../protocol/index.ts";
import { doRoundJob, type RoundSecrets } from "../../../sequencer/round-keeper.ts";
import { type KeyShares, shareOf } from "../../../sequencer/workers/openers.ts";
import { doRound } from "../../../sequencer/workers/rounds.ts";
import type { Process } from "../cluster.ts";
import { chainId } from "../whole/clients.ts";

export class Rounds {
  /** Of the first committee: a dealer's, so that there is something to hand on from the beginning. */
  readonly dealt: DealtKey;
  readonly #group: SealingGroup;
  readonly #rings = new Map<number, Ring>();

  constructor(group: SealingGroup, members: readonly Process[]) {
    const seats = members.length;
    const entropy = sha256(utf8("the first committee's key"));
    this.#group = group;
    this.dealt = dealKeyShares(group, { seats, threshold: quorum(seats), entropy });
    for (const [seat, process] of members.entries()) {
      const share = this.dealt.keyShares[seat];
      if (share !== undefined) void this.#ringOf(process).keepShare(0, 1, share);
    }
  }

  /** The work of one process, which is in the epoch of this committee. */
  answer(process: Process, committee: Committee, job: RoundJob): Promise<RoundAnswer> {
    const secrets = this.#ringOf(process);
    const keyShares = secrets.sharesIn(committee.epoch);
    const tools = { group: this.#group, chainId, committee, keyShares };
    const workers = {
      round: (request: Parameters<typeof doRound>[1]) => Promise.resolve(doRound(tools, request)),
    };
    return doRoundJob({ secrets, workers }, job);
  }

  /** Whether the process has any share of a key of its committee. */
  holds(process: Process, committee: Committee, keyId: number): boolean {
    return shareOf(this.#ringOf(process).sharesIn(committee.epoch), keyId) !== undefined;
  }

  retire(process: Process, keyId: number): void {
    this.#ringOf(process).erase(keyId);
  }

  /** Whether the process has its share of one of its committee's keys. */
  holdsShare(
    process: Process,
    epoch: number,
    { keyId, verificationKey }: { readonly keyId: number; readonly verificationKey: Uint8Array },
  ): boolean {
    const share = shareOf(this.#ringOf(process).sharesIn(epoch), keyId);
    return share !== undefined && equalBytes(this.#group.multiplyG2(share), verificationKey);
  }

  #ringOf({ id }: Process): Ring {
    const ring = this.#rings.get(id) ?? new Ring(id);
    this.#rings.set(id, ring);
    return ring;
  }
}

/** Synced before anybody hears of it, as the true one is. */
class Ring implements RoundSecrets {
  readonly #shares = new Map<number, Map<number, Uint8Array>>();
  readonly #id: number;

  constructor(id: number) {
    this.#id = id;
  }

  secretsFor(epoch: number): Promise<{ epochKey: Uint8Array; dealerSeed: Uint8Array }> {
    const draw = (what: string): Uint8Array =>
      sha256(utf8(what), u64Bytes(this.#id), u64Bytes(epoch));
    return Promise.resolve({ epochKey: draw("epoch key"), dealerSeed: draw("dealer seed") });
  }

  keepShare(epoch: number, keyId: number, share: Uint8Array): Promise<void> {
    const known = this.#shares.get(epoch) ?? new Map<number, Uint8Array>();
    this.#shares.set(epoch, known.set(keyId, share));
    return Promise.resolve();
  }

  erase(keyId: number): void {
    for (const shares of this.#shares.values()) shares.delete(keyId);
  }

  sharesIn(epoch: number): KeyShares {
    return [...(this.#shares.get(epoch) ?? [])].map(([keyId, share]) => ({ keyId, share }));
  }
}
