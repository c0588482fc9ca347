// What must be true of a network whatever was done to it. Each check answers with what it found wrong, and with nothing
// when all is well; each is proven by bugs planted for it in test/e2e/invariants.test.ts.

import {
  findCheckpoints,
  findEarlyShares,
  findForks,
  findResettled,
  findStrayFollowers,
  findUnopened,
} from "../../deploy/devnet/checks.ts";
import type { TraceEvent } from "../../deploy/devnet/observations.ts";
import type { ChaosObservations } from "./observations.ts";
import { mustBeNoted } from "./perjurer.ts";

export interface Invariant {
  /** A sentence that is true when the check passes. */
  readonly name: string;
  readonly find: (observations: ChaosObservations) => readonly string[];
}

export const invariants: readonly Invariant[] = [
  { name: "all honest validators have the same chain", find: findForks },
  {
    name: "no honest validator voted or proposed twice in a view, in all its lives",
    find: findTwoFaced,
  },
  {
    name: "no share left an honest validator before its block was final there",
    find: findEarlyShares,
  },
  { name: "what f + 1 honest validators have signed for was ordered", find: findBrokenPromises },
  {
    name: "nothing was ordered twice, in a wrong namespace, or without being brought",
    find: findMisplaced,
  },
  { name: "all that was ordered was opened", find: findUnopened },
  {
    name: "everything was delivered and settled in time after the last fault",
    find: ({ missing }) => missing,
  },
  { name: "every batch was settled exactly once, as it was delivered", find: findResettled },
  { name: "the followers derived what the settlements hold", find: findStrayFollowers },
  { name: "the followers were delivered everything once", find: findRepeated },
  { name: "each honest validator alone can serve a follower", find: findGaps },
  { name: "nothing that an honest validator served was found false", find: findLies },
  { name: "checkpoints were final in order, each of a block of the chain", find: findCheckpoints },
  { name: "with at most f in trouble the chain went on", find: findStalls },
  { name: "after every scene all caught up", find: findLaggards },
  { name: "who was told to stop did so in good order", find: findBadStops },
  { name: "who lost its disk said so and stopped", find: findSilentDisks },
  { name: "who voted twice for all to hear was found out, with evidence", find: findUnnoticed },
  { name: "who was proven a liar lost its stake, and nobody else did", find: findUnpunished },
];

/** A vote is one statement in its view; COMMIT and SKIP exclude each other. */
export function findTwoFaced({ traces }: Pick<ChaosObservations, "traces">): string[] {
  return traces.flatMap(({ validator, events }) => {
    const said = new Map<string, string>();
    const wrong = new Set<string>();
    for (const each of events)
      for (const [slot, statement] of statementsOf(each)) {
        const before = said.get(slot) ?? statement;
        said.set(slot, statement);
        if (before !== statement)
          wrong.add(`validator ${validator} said ${before} and ${statement} as ${slot}`);
      }
    // A trace without votes would prove nothing.
    return said.size === 0 ? [`validator ${validator} left no trace of any vote`] : [...wrong];
  });
}

/** What an event says, and in which places nothing else may be said. */
function statementsOf(event: TraceEvent): readonly (readonly [slot: string, statement: string])[] {
  if (event.event !== "proposed" && event.event !== "voted") return [];
  const place = `view ${event.view} of epoch ${event.epoch}`;
  if (event.event === "proposed") return [[`the proposal of ${place}`, event.hash]];
  const { kind, hash } = event;
  if (kind === "prepare") return [[`the PREPARE of ${place}`, hash]];
  return [[`the end of ${place}`, kind === "skip" ? "SKIP" : `COMMIT ${hash}`]];
}

export function findBrokenPromises({ brought, streams, needed }: ChaosObservations): string[] {
  const ordered = new Set(placesOf(streams).keys());
  const promised = brought.filter(({ receipts }) => receipts >= needed);
  // Without a promise none can be broken.
  if (promised.length === 0) return ["no transaction was promised a place"];
  return promised.flatMap(({ id, receipts }) =>
    ordered.has(id) ? [] : [`${id} has ${receipts} receipts and no place`],
  );
}

export function findMisplaced({ brought, streams }: ChaosObservations): string[] {
  const namespaces = new Map(brought.map(({ id, namespace }) => [id, namespace]));
  return [...placesOf(streams)].flatMap(([id, places]) => {
    const namespace = namespaces.get(id);
    if (namespace === undefined) return [`${id} was ordered and never brought`];
    if (places.length === 1 && places[0] === namespace) return [];
    return [`${id} of namespace ${namespace} stands in the namespaces ${places.join(", ")}`];
  });
}

/** By id: the namespaces in which it was delivered, one for each time. */
function placesOf(streams: ChaosObservations["streams"]): ReadonlyMap<string, readonly number[]> {
  const places = new Map<string, number[]>();
  for (const { namespace, batches } of streams)
    for (const { id } of batches.flatMap(({ transactions }) => transactions)) {
      const found = places.get(id);
      if (found === undefined) places.set(id, [namespace]);
      else found.push(namespace);
    }
  return places;
}

export function findRepeated({ followers, streams }: ChaosObservations): string[] {
  return followers.flatMap(({ name, namespace, transactions, lists }) => {
    const { batches = [] } = streams.find((each) => each.namespace === namespace) ?? {};
    const wanted = batches.reduce((sum, each) => sum + each.transactions.length, 0);
    if (transactions === wanted && lists === wanted) return [];
    return [`${name} took ${lists} lists of ${transactions} transactions, of ${wanted} delivered`];
  });
}

export function findGaps({ served, checkpoints }: ChaosObservations): string[] {
  const anchored = Math.max(0, ...checkpoints.map(({ height }) => height));
  if (served.length === 0) return ["nobody served anything"];
  return served.flatMap(({ validator, namespace, height }) =>
    height >= anchored
      ? []
      : [`validator ${validator} serves namespace ${namespace} up to ${height} of ${anchored}`],
  );
}

export function findLies({ lies }: Pick<ChaosObservations, "lies">): string[] {
  return lies.map(({ validator, code }) => `a follower found ${code} at validator ${validator}`);
}

export function findStalls({ scenes }: ChaosObservations): string[] {
  const tested = scenes.filter(({ mustGoOn }) => mustGoOn);
  if (tested.length === 0) return ["in no scene the chain had to go on"];
  return tested.flatMap(({ name, progress }) =>
    progress >= 1 ? [] : [`nothing became final during: ${name}`],
  );
}

export function findLaggards({ scenes }: ChaosObservations): string[] {
  return scenes.flatMap(({ name, recoveryMs, behind }) =>
    recoveryMs === undefined ? [`${behind.join(", ")} did not come back after: ${name}`] : [],
  );
}

/** What a validator may take to stop in good order on a machine that is busy, ms; alone it takes about one second. */
const stopMsMax = 15_000;

export function findBadStops({ endings, scenes }: ChaosObservations): string[] {
  const stops = [...endings, ...scenes.flatMap((each) => each.endings)].filter(
    ({ why }) => why === "stop",
  );
  if (stops.length === 0) return ["nobody was told to stop"];
  return stops.flatMap(({ validator, how, ms }) => {
    if (how === "code 0" && ms <= stopMsMax) return [];
    return [`validator ${validator} ended with ${how} after ${Math.round(ms)} ms`];
  });
}

export function findSilentDisks({ scenes }: ChaosObservations): string[] {
  return scenes
    .flatMap(({ endings }) => endings)
    .filter(({ why }) => why !== "stop")
    .flatMap(({ why, validator, how, said }) => {
      const isLoud = said.some((code) => diskCodes.has(code));
      if (how === "code 1" && isLoud) return [];
      return [
        `validator ${validator} ended ${how} of ${why} and said ${said.join(", ") || "nothing"}`,
      ];
    });
}

const diskCodes: ReadonlySet<string> = new Set(["OPEN_FAILED", "READ_FAILED", "WRITE_FAILED"]);

export function findUnnoticed({ scenes }: ChaosObservations): string[] {
  return scenes.flatMap(({ name, adversary, noted }) => {
    const missing = mustBeNoted(adversary).filter((each) => !noted.includes(each));
    return missing.map((each) => `nobody noted ${each} during: ${name}`);
  });
}

/** Whoever else lied may have been convicted as well, but only one does. */
export function findUnpunished({ scenes, slashed, byzantine }: ChaosObservations): string[] {
  const innocent = slashed.filter((validator) => validator !== byzantine);
  const wrong = innocent.map((validator) => `validator ${validator} lost its stake and never lied`);
  const mustPay = scenes.some(({ adversary }) => mustBeNoted(adversary).length > 0);
  if (!mustPay || slashed.some((validator) => validator === byzantine)) return wrong;
  return [...wrong, `validator ${byzantine} lied for all to hear and kept its stake`];
}
