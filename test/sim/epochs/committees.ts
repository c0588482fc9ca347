// Who is who where committees change: processes with keys of their own, and a row of committees drawn among them.

import { type DealtKey, nobleBls } from "../../../crypto/index.ts";
import { type Candidate, type Committee, Epoch, ValidatorIndex } from "../../../protocol/index.ts";
import { PeerTable } from "../../../sequencer/peer-table.ts";
import type { EpochStart } from "../../../sequencer/records.ts";
import type { Process } from "../cluster.ts";
import type { SeededRandom } from "../random.ts";
import { AccountedSealing } from "../whole/accounted-sealing.ts";
import type { Sealing, Secret } from "../whole/sealing.ts";

/** Points, because the hash of a committee adds them up; making one costs milliseconds. */
const publicKeys: Uint8Array[] = [];

/** Of the process with this number. */
export function networkKeyOf(id: number): Uint8Array {
  return new Uint8Array(32).fill(id + 1);
}

export class Committees {
  /** The members of each epoch, by their seats. */
  readonly members: readonly (readonly Process[])[];
  readonly #everyone: readonly Uint8Array[];
  readonly #sealings = new Map<number, AccountedSealing>();
  readonly #tables = new Map<number, PeerTable>();

  /** The first committee is the first processes; from one to the next some stay, some go and some come. */
  constructor(processes: readonly Process[], sizes: readonly number[], random: SeededRandom) {
    this.#everyone = processes.map(({ id }) => networkKeyOf(id));
    const members: (readonly Process[])[] = [];
    for (const [epoch, size] of sizes.entries()) {
      const pool = [...processes];
      const chosen: Process[] = [];
      while (chosen.length < size) {
        const at = epoch === 0 ? 0 : random.between(0, pool.length - 1);
        chosen.push(...pool.splice(at, 1));
      }
      members.push(chosen);
    }
    this.members = members;
  }

  /** Undefined after the last. */
  at(epoch: number): Committee | undefined {
    const candidates = this.candidatesOf(epoch);
    if (candidates === undefined) return undefined;
    const { committee } = this.#sealing(candidates.length);
    const verificationKey = new Uint8Array(96);
    return {
      ...committee,
      epoch: Epoch(epoch),
      members: candidates.map(({ publicKey, networkKey }) => ({
        publicKey,
        networkKey,
        verificationKey,
      })),
    };
  }

  /** The first with a key that was dealt to it, to be handed on by rounds. */
  firstWith({ pk1, pk2, verificationKeys }: DealtKey): Committee {
    const candidates = this.candidatesOf(0) ?? [];
    return {
      epoch: Epoch(0),
      members: candidates.map(({ publicKey, networkKey }, seat) => ({
        publicKey,
        networkKey,
        verificationKey: verificationKeys[seat] ?? new Uint8Array(96),
      })),
      sealing: { keyId: 1, pk1, pk2 },
    };
  }

  /** As L1 names them; undefined after the last. */
  candidatesOf(epoch: number): readonly Candidate[] | undefined {
    return this.members[epoch]?.map(({ id }) => ({
      publicKey: publicKeyOf(id),
      networkKey: networkKeyOf(id),
    }));
  }

  /** Of a process in the table of an epoch. */
  placeIn({ id }: Process, { committee }: EpochStart): ValidatorIndex {
    let table = this.#tables.get(committee.epoch);
    if (table === undefined) table = new PeerTable(committee, this.#everyone);
    this.#tables.set(committee.epoch, table);
    return table.placeOf(networkKeyOf(id)) ?? ValidatorIndex(this.#everyone.length);
  }

  /** One key for all, so that what is sealed in one epoch can be opened in the next; the threshold is the committee's. */
  sealingOf({ committee }: EpochStart): Sealing {
    return this.#sealing(committee.members.length);
  }

  /** A share that any of them ever computed. */
  whatIs(share: Uint8Array): Secret | undefined {
    for (const sealing of this.#sealings.values()) {
      const known = sealing.whatIs(share);
      if (known !== undefined) return known;
    }
    return undefined;
  }

  #sealing(seats: number): AccountedSealing {
    let sealing = this.#sealings.get(seats);
    if (sealing === undefined) sealing = new AccountedSealing(seats);
    this.#sealings.set(seats, sealing);
    return sealing;
  }
}

function publicKeyOf(id: number): Uint8Array {
  for (let next = publicKeys.length; next <= id; next++)
    publicKeys.push(nobleBls.publicKey(new Uint8Array(32).fill(next + 1)));
  return publicKeys[id] ?? new Uint8Array(48);
}
