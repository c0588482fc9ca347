// Follows a namespace through whichever endpoints there are. None is trusted: every page is verified against the last
// verified block, one that lies is not asked again, and one that fails is asked again later.

import { BoundedMap, CodedError } from "../base/index.ts";
import {
  decodeDeliveredPage,
  type DeliveredPage,
  Height,
  limits,
  type Namespace,
} from "../protocol/index.ts";
import type { Endpoint } from "./endpoint.ts";
import { learnEpochs } from "./epochs.ts";
import type { Network } from "./network.ts";
import { type Cursor, isAborted, pages, type PagesOptions, sleep } from "./pages.ts";
import { type Anchor, type Backends, toAnchor, type VerifiedBlock, verifyPage } from "./verify.ts";

export interface FollowOptions {
  /** The first height wanted, 1 unless said otherwise; the one after `parent`, if there is one. */
  readonly from?: Height;
  /** The last block that was verified before, to resume after it. */
  readonly parent?: Anchor;
  readonly signal?: AbortSignal;
  /** Hears what each endpoint did wrong. */
  readonly onFault?: (fault: EndpointFault) => void;
}

export interface EndpointFault {
  readonly endpoint: string;
  /** A `PageFault` when it lied; otherwise why it could not be used. */
  readonly code: string;
  readonly isLie: boolean;
}

export interface FollowContext {
  readonly network: Network;
  readonly endpoints: readonly Endpoint[];
  readonly backends: Backends;
  readonly pages: Omit<PagesOptions, "signal">;
}

/**
 * Ends when the caller aborts. Throws `CodedError` NO_ENDPOINT_LEFT when every endpoint has lied or no longer keeps
 * what is asked for; `details.faults` says which. Endpoints that are merely down are retried for ever. Throws
 * `CodedError` VOIDED_LATER when transactions that it has given out opened were declared void after all: whoever
 * executed them has to go back before `details.height`.
 */
export async function* followNamespace(
  namespace: Namespace,
  context: FollowContext,
  options: FollowOptions,
): AsyncGenerator<VerifiedBlock, void, undefined> {
  const { signal, onFault } = options;
  const follower = new Follower(namespace, context, options);
  const ranking = new Ranking(context.endpoints);
  while (!isAborted(signal)) {
    const endpoint = ranking.next();
    try {
      for await (const bytes of pages(endpoint, namespace, follower.cursor, {
        ...context.pages,
        signal,
      })) {
        const blocks = await follower.accept(bytes, endpoint);
        ranking.succeeded(endpoint);
        yield* blocks;
      }
    } catch (error) {
      if (isAborted(signal)) return;
      if (!(error instanceof CodedError) || error.code === "VOIDED_LATER") throw error;
      onFault?.({ endpoint: endpoint.url, code: error.code, isLie: lies.has(error.code) });
      const pauseMs = ranking.failed(endpoint, error.code);
      await sleep(pauseMs, signal);
    }
  }
}

/** What has been verified so far. */
class Follower {
  readonly cursor: Cursor;
  #parent: Anchor | undefined;
  /** Where something sealed was given out opened: as many heights as can wait to be declared void. */
  readonly #opened = new BoundedMap<Height, true>(limits.unopenedHeightsMax);
  readonly #namespace: Namespace;
  readonly #context: FollowContext;
  readonly #signal: { readonly signal?: AbortSignal };

  constructor(namespace: Namespace, context: FollowContext, options: FollowOptions) {
    const { parent, from = Height(parent === undefined ? 1 : parent.height + 1) } = options;
    if (from < 1 || (parent !== undefined && from !== parent.height + 1))
      throw new CodedError(
        "BAD_START",
        "following begins at height 1 or later, right after parent",
      );
    this.#namespace = namespace;
    this.#context = context;
    this.#parent = parent;
    this.#signal = options.signal === undefined ? {} : { signal: options.signal };
    this.cursor = { next: from };
  }

  /** Verifies a page and moves on behind it. Of an epoch that is not known yet, the endpoint has to show the committee. */
  async accept(bytes: Uint8Array, endpoint: Endpoint): Promise<readonly VerifiedBlock[]> {
    const page = decodeDeliveredPage(bytes);
    if (page === undefined) throw new CodedError("MALFORMED_PAGE", "these bytes are no page");
    const { network, backends } = this.#context;
    const request = {
      network,
      namespace: this.#namespace,
      from: this.cursor.next,
      parent: this.#parent,
    };
    const goal = Math.max(0, ...page.blocks.map(({ header }) => header.epoch));
    if (goal > network.epochs.newest.committee.epoch)
      await learnEpochs(endpoint, network, { backends, goal, ...this.#signal });
    const blocks = verifyPage(page, request, backends);
    this.#remember(page, blocks);
    const last = blocks.at(-1);
    if (last !== undefined) {
      this.#parent = toAnchor(last.header, last.hash);
      this.cursor.next = Height(last.height + 1);
    }
    return blocks;
  }

  /** An opening proves itself, but not that the committee has gone by it: a later block may declare all of it void. */
  #remember(page: DeliveredPage, blocks: readonly VerifiedBlock[]): void {
    const opened = page.blocks.filter(({ transactions }) =>
      transactions.some(({ opening }) => opening.length > 0),
    );
    for (const { voided } of blocks)
      if (voided !== undefined && this.#opened.get(voided) === true)
        throw new CodedError(
          "VOIDED_LATER",
          `block ${voided} was declared void after it was followed: go back to the state before it`,
          { details: { height: voided } },
        );
    for (const { header } of opened) this.#opened.set(header.height, true);
  }
}

/** What only a dishonest endpoint does, or one that is broken beyond use. */
const lies: ReadonlySet<string> = new Set([
  "MALFORMED_PAGE",
  "WRONG_HEIGHT",
  "WRONG_PARENT",
  "WRONG_CERTIFICATE",
  "NO_QUORUM",
  "WRONG_PROOF",
  "INCOMPLETE",
  "WRONG_TRANSACTIONS",
  "WRONG_OPENING",
  "WRONG_VOID",
  "WRONG_EPOCH_END",
]);

/** What asking the same endpoint again does not mend. */
const isHopeless = (code: string): boolean =>
  lies.has(code) || code === "PRUNED" || code === "UNKNOWN_EPOCH";

const pauseMsMin = 100;
const pauseMsMax = 5_000;

/** Whom to ask: the one that serves, as long as it serves, and then each in turn. */
class Ranking {
  readonly #endpoints: readonly Endpoint[];
  readonly #faults = new Map<Endpoint, string>();
  #turn = 0;
  #failures = 0;

  constructor(endpoints: readonly Endpoint[]) {
    this.#endpoints = endpoints;
  }

  next(): Endpoint {
    for (let i = 0; i < this.#endpoints.length; i++) {
      const endpoint = this.#endpoints[(this.#turn + i) % this.#endpoints.length];
      if (endpoint !== undefined && !isHopeless(this.#faults.get(endpoint) ?? "")) return endpoint;
    }
    const faults = [...this.#faults].map(([{ url }, code]) => ({ endpoint: url, code }));
    throw new CodedError("NO_ENDPOINT_LEFT", "no endpoint can be followed any further", {
      details: { faults },
    });
  }

  succeeded(endpoint: Endpoint): void {
    this.#failures = 0;
    this.#turn = this.#endpoints.indexOf(endpoint);
  }

  /** How long to wait before the next attempt, ms: not at all while there are others to ask. */
  failed(endpoint: Endpoint, code: string): number {
    this.#faults.set(endpoint, code);
    this.#turn = this.#endpoints.indexOf(endpoint) + 1;
    this.#failures++;
    const rounds = Math.floor(this.#failures / this.#endpoints.length);
    return rounds === 0 ? 0 : Math.min(pauseMsMax, pauseMsMin * 2 ** (rounds - 1));
  }
}
