// Whom this node has to do with in the epoch that lasts: its committee, those who are to sit in the next one, those who
// sat in earlier ones, and who is configured to listen. Each has a place for the machines and a number for the mesh.

import { assert, equalBytes, fromHex, type Logger, toHex } from "../base/index.ts";
import type { Candidate, Committee, Genesis, Member, ValidatorIndex } from "../protocol/index.ts";
import type { NodeConfig } from "./config.ts";
import { PeerTable } from "./peer-table.ts";
import { Roster } from "./roster.ts";

/** A node to connect to, by its number. */
export interface Neighbour {
  readonly index: number;
  readonly networkKey: Uint8Array;
  /** None of a node that has to come to us. */
  readonly addresses: readonly string[];
}

export interface NeighboursPorts {
  readonly genesis: Genesis;
  readonly network: NodeConfig["network"];
  /** Network key of this node. */
  readonly identity: Uint8Array;
  readonly logger: Logger;
  /** What L1 says of where these are reached, by network key in hex; rejects when L1 does not answer. */
  readonly addressesOf: (
    members: readonly Pick<Member, "publicKey">[],
  ) => Promise<ReadonlyMap<string, string> | undefined>;
  /** These are to be connected, and no others. */
  readonly onMet: (neighbours: readonly Neighbour[]) => void;
  readonly onFailure: (error: unknown) => void;
}

/** Before peers are looked up again: those who are named together are met together. */
const meetAgainMs = 1_000;

export class Neighbours {
  readonly #ports: NeighboursPorts;
  readonly #roster: Roster;
  #committee: Committee;
  /** Who sat in the committee before, and may have stayed behind. */
  #predecessors: readonly Member[] = [];
  /** Whom L1 names for the next committee. */
  #candidates: readonly Candidate[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(ports: NeighboursPorts) {
    this.#ports = ports;
    this.#committee = ports.genesis.committee;
    this.#roster = new Roster(this.#table());
  }

  /** This node's place: a seat, or an observer's behind them. */
  get index(): ValidatorIndex {
    const place = this.#table().placeOf(this.#ports.identity);
    assert(place !== undefined, "this node has a place of its own");
    return place;
  }

  placeOf(number: number): ValidatorIndex | undefined {
    return this.#roster.placeOf(number);
  }

  numberAt(place: ValidatorIndex): number | undefined {
    return this.#roster.numberAt(place);
  }

  /** Another epoch, and who sat before it. */
  enter(committee: Committee, predecessors: readonly Member[]): void {
    this.#committee = committee;
    this.#predecessors = predecessors;
    this.#roster.enter(this.#table());
  }

  /** Who is to sit in the next committee, or to come to a key for it, listens from now on. */
  onCandidates(candidates: readonly Candidate[]): void {
    this.#candidates = candidates;
    this.#roster.enter(this.#table());
    this.#meetAgain();
  }

  /** Connects to those who have a place in the epoch, and to nobody else. */
  async meet(): Promise<void> {
    this.#ports.onMet(await this.all());
  }

  async all(): Promise<Neighbour[]> {
    const { identity } = this.#ports;
    const addresses = await this.#addresses();
    return this.#table().keys.flatMap((networkKey) => {
      if (equalBytes(networkKey, identity)) return [];
      const address = addresses.get(toHex(networkKey));
      const index = this.#roster.numberOf(networkKey);
      return [{ index, networkKey, addresses: address === undefined ? [] : [address] }];
    });
  }

  close(): void {
    clearTimeout(this.#timer);
  }

  /** Who hears this node in the epoch: its members, and behind them those who listen, this node among them if it must. */
  #table(): PeerTable {
    const { genesis, network, identity } = this.#ports;
    const former = [...this.#predecessors, ...genesis.committee.members];
    return new PeerTable(this.#committee, [
      identity,
      ...network.observers.map((key) => fromHex(key) ?? new Uint8Array(32)),
      ...this.#candidates.map(({ networkKey }) => networkKey),
      ...former.map(({ networkKey }) => networkKey),
    ]);
  }

  /** By network key: as the configuration says of the committee of genesis, and L1 of those who came later. */
  async #addresses(): Promise<ReadonlyMap<string, string>> {
    const { genesis, network, logger, addressesOf } = this.#ports;
    const addresses = new Map<string, string>();
    for (const [i, { networkKey }] of genesis.committee.members.entries()) {
      const address = network.peers[i];
      if (address !== undefined) addresses.set(toHex(networkKey), address);
    }
    const members = [...this.#committee.members, ...this.#candidates];
    const unknown = members.filter(({ networkKey }) => !addresses.has(toHex(networkKey)));
    if (unknown.length === 0) return addresses;
    try {
      for (const [key, address] of (await addressesOf(unknown)) ?? [])
        if (isAddress(address)) addresses.set(key, address);
    } catch (error) {
      // They may come to us; and when L1 answers again, we find them.
      logger.warn("L1 does not tell where validators are reached", { error });
      this.#meetAgain();
    }
    return addresses;
  }

  #meetAgain(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.meet().catch(this.#ports.onFailure), meetAgainMs);
  }
}

/** What operators write on L1 is theirs: only what the mesh can dial is tried. */
function isAddress(text: string): boolean {
  return /^\/(?:ip4|ip6|dns4|dns6|dns)\/[^/\s]{1,253}\/tcp\/\d{1,5}$/.test(text);
}
