// A committee of replicas in one process: time and links are simulated, votes are signed and verified by each of them as
// on machines of their own. What is measured is consensus alone, with blocks that mean nothing and are never missing.

import { assert, toHex, u64Bytes, utf8 } from "../../base/index.ts";
import {
  type Application,
  type Recovered,
  Replica,
  type ReplicaEffect,
  type ReplicaEvent,
} from "../../consensus/index.ts";
import { sha256 } from "../../crypto/index.ts";
import {
  blockHash,
  type Committee,
  type ConsensusMessage,
  decodeFrame,
  encodeFrame,
  Epoch,
  Height,
  type Message,
  type Parameters,
  ValidatorIndex,
  View,
} from "../../protocol/index.ts";
import { blstBls } from "../../sequencer/crypto/index.ts";
import { voteSignatures } from "../../sequencer/signatures.ts";
import { parameters as usual } from "../sim/parameters.ts";
import { SeededRandom } from "../sim/random.ts";
import { World } from "../sim/world.ts";

export interface Measured {
  /** Views that were entered, and CPU of one replica for one of them. */
  readonly views: number;
  readonly cpuMsPerView: number;
  /** What one replica sends and receives, together. */
  readonly bytesPerView: number;
  /** Simulated, ms: from a proposal's leaving to its being final, at every replica; and from block to block. */
  readonly finality: readonly number[];
  readonly blockMs: number;
}

/** One way, µs; a message takes up to a tenth longer, as chance has it. */
const linkDelay = 25_000;
const jitter = 0.1;
/** What a message takes on average. */
export const linkDelayMs: number = (linkDelay * (1 + jitter / 2)) / 1_000;
const tick = 10_000;
/** What a lane takes in a header: incarnation, sequence number, hash. */
const cutBytesPerSeat = 44;

const parameters: Parameters = { ...usual, viewTimeout: 600_000, idleTime: 1_000_000 };

export async function measureReplicas(
  seats: number,
  { seed, views }: { readonly seed: number; readonly views: number },
): Promise<Measured> {
  const cluster = new ReplicaCluster(seats, seed);
  cluster.start();
  await cluster.runTo(4);
  return cluster.measure(views);
}

class ReplicaCluster {
  readonly #world = new World();
  readonly #random: SeededRandom;
  readonly #replicas: readonly Replica[];
  readonly #proposedAt = new Map<string, number>();
  #finality: number[] = [];
  #bytes = 0;

  constructor(seats: number, seed: number) {
    this.#random = new SeededRandom(seed);
    const { committee, secretKeys } = makeCommittee(seats, seed);
    const publicKeys = committee.members.map(({ publicKey }) => publicKey);
    const genesis = sha256(u64Bytes(seed));
    const final: Recovered["final"] = { height: Height(0), hash: genesis, view: View(0) };
    const origin = { height: Height(0), hash: genesis };
    const domain = sha256(genesis);
    this.#replicas = secretKeys.map((secretKey, index) => {
      const signatures = voteSignatures(blstBls, secretKey, publicKeys);
      const ports = { application: emptyBlocks(seats), signatures };
      const options = { committee, index: ValidatorIndex(index), domain, origin, parameters };
      const recovered = { certificates: [], headers: [], final };
      return new Replica(ports, options, recovered, this.#world.now);
    });
  }

  get view(): number {
    return Math.min(...this.#replicas.map(({ view }) => view));
  }

  start(): void {
    for (const [index, replica] of this.#replicas.entries()) {
      this.#carryOut(index, replica.start(this.#world.now));
      this.#tick(index);
    }
  }

  async runTo(view: number): Promise<void> {
    await this.#world.run(3_600_000_000, () => this.view >= view);
    assert(this.view >= view, "nothing is lost, so views go on");
  }

  async measure(views: number): Promise<Measured> {
    const seats = this.#replicas.length;
    const { view } = this;
    const start = this.#world.now;
    this.#finality = [];
    this.#bytes = 0;
    const before = process.cpuUsage();
    await this.runTo(view + views);
    const { user, system } = process.cpuUsage(before);
    const passed = this.view - view;
    return {
      views: passed,
      cpuMsPerView: (user + system) / 1_000 / passed / seats,
      // All that one sends, others receive.
      bytesPerView: (2 * this.#bytes) / passed / seats,
      finality: this.#finality,
      blockMs: (this.#world.now - start) / 1_000 / passed,
    };
  }

  #tick(index: number): void {
    this.#world.after(tick, () => {
      this.#step(index, { type: "tick", now: this.#world.now });
      this.#tick(index);
    });
  }

  #step(index: number, event: ReplicaEvent): void {
    const replica = this.#replicas[index];
    if (replica !== undefined) this.#carryOut(index, replica.step(event));
  }

  #carryOut(index: number, effects: readonly ReplicaEffect[]): void {
    for (const effect of effects) {
      assert(effect.type !== "fault", "all are honest");
      if (effect.type === "send") this.#post(index, [effect.to], effect.message);
      if (effect.type === "broadcast") this.#post(index, this.#others(index), effect.message);
      if (effect.type === "finalized")
        for (const header of effect.headers) {
          const proposedAt = this.#proposedAt.get(toHex(blockHash(header)));
          if (proposedAt !== undefined) this.#finality.push((this.#world.now - proposedAt) / 1_000);
        }
    }
  }

  /** Encoded once, as the node does, and decoded by each who receives it. */
  #post(from: number, to: readonly number[], message: Message): void {
    if (message.type === "propose")
      this.#proposedAt.set(toHex(blockHash(message.header)), this.#world.now);
    const bytes = encodeFrame({ epoch: Epoch(0), message });
    this.#bytes += bytes.length * to.length;
    for (const peer of to)
      this.#world.after(linkDelay * (1 + jitter * this.#random.fraction()), () => {
        const frame = decodeFrame(bytes);
        assert(frame !== undefined, "what is encoded can be decoded");
        this.#step(peer, {
          type: "message",
          now: this.#world.now,
          from: ValidatorIndex(from),
          message: frame.message as ConsensusMessage,
        });
      });
  }

  #others(index: number): number[] {
    return [...this.#replicas.keys()].filter((other) => other !== index);
  }
}

function makeCommittee(
  seats: number,
  seed: number,
): { readonly committee: Committee; readonly secretKeys: readonly Uint8Array[] } {
  const secretKeys = Array.from({ length: seats }, (_, index) => {
    const secretKey = sha256(utf8("bench"), u64Bytes(seed), u64Bytes(index));
    // Below the group order, whatever the hash.
    secretKey[0] = 1;
    return secretKey;
  });
  const members = secretKeys.map((secretKey) => ({
    publicKey: blstBls.publicKey(secretKey),
    networkKey: new Uint8Array(32),
    verificationKey: new Uint8Array(96),
  }));
  const sealing = { keyId: 0, pk1: new Uint8Array(48), pk2: new Uint8Array(96) };
  return { committee: { epoch: Epoch(0), members, sealing }, secretKeys };
}

/** Blocks as large as the cut of so many lanes, one as soon as the last is certified. */
function emptyBlocks(seats: number): Application {
  const payload = new Uint8Array(cutBytesPerSeat * seats);
  return {
    propose: () => payload,
    evaluate: () => "valid",
    hasData: () => true,
    hasWork: () => true,
  };
}
