// What must be true of a smoke. Each check answers with what it found wrong, and with nothing when all is well; each is
// proven by a bug planted for it in test/deploy/checks.test.ts.

import type {
  DeliveredStream,
  Observations,
  SettlementHistory,
  Submitted,
} from "./observations.ts";

export interface Check {
  /** A sentence that is true when the check passes. */
  readonly name: string;
  readonly find: (observations: Observations) => readonly string[];
}

export const checks: readonly Check[] = [
  { name: "as many transactions were submitted as were wanted", find: findMissing },
  { name: "every one was ordered exactly once, in its own namespace", find: findMisordered },
  { name: "every one was opened", find: findUnopened },
  { name: "every one was settled by a transaction of the L1 that covers it", find: findUnsettled },
  { name: "every batch was settled exactly once, as it was delivered", find: findResettled },
  { name: "the followers derived what the settlements hold", find: findStrayFollowers },
  { name: "the followers took every list, and each once", find: findRefusedLists },
  { name: "checkpoints were final in order, each of a block of the chain", find: findCheckpoints },
  { name: "no share left a validator before its block was final there", find: findEarlyShares },
  { name: "all validators have the same chain", find: findForks },
  { name: "who was killed came back and caught up", find: findLost },
  {
    name: "the committees made a key, handed it on, and made another in its time",
    find: findStrayEpochs,
  },
  { name: "what was sealed for the first committee was opened for the last", find: findUnheld },
];

export function findMissing({ wanted, submitted, streams }: Observations): string[] {
  const traffic = submitted.filter(({ origin }) => origin === "traffic");
  const distinct = new Set(traffic.map(({ id }) => id)).size;
  const found = distinct === wanted ? [] : [`${distinct} distinct ids instead of ${wanted}`];
  const used = new Set(traffic.map(({ namespace }) => namespace));
  const unused = streams.filter(({ namespace }) => !used.has(namespace));
  return [...found, ...unused.map(({ namespace }) => `namespace ${namespace} got none`)];
}

export function findMisordered({ submitted, streams }: Observations): string[] {
  const places = new Map<string, number[]>();
  for (const { namespace, batches } of streams)
    for (const { id } of batches.flatMap(({ transactions }) => transactions))
      places.set(id, [...(places.get(id) ?? []), namespace]);
  const wrong = submitted.flatMap(({ id, namespace }) => {
    const found = places.get(id) ?? [];
    if (found.length === 1 && found[0] === namespace) return [];
    const where = found.length === 0 ? "nowhere" : `in the namespaces ${found.join(", ")}`;
    return [`${id} of namespace ${namespace} stands ${where}`];
  });
  const ours = new Set(submitted.map(({ id }) => id));
  const strange = [...places.keys()].filter((id) => !ours.has(id));
  return [...wrong, ...strange.map((id) => `${id} was ordered and never submitted`)];
}

export function findUnopened({ streams }: Pick<Observations, "streams">): string[] {
  return streams.flatMap(({ batches }) =>
    batches.flatMap(({ height, transactions }) =>
      transactions.flatMap(({ id, isVoid }) =>
        isVoid ? [`${id} at height ${height} is void`] : [],
      ),
    ),
  );
}

export function findUnsettled({ submitted, streams, settlements }: Observations): string[] {
  const positions = new Map(streams.map((stream) => [stream.namespace, positionsIn(stream)]));
  const histories = new Map(settlements.map((history) => [history.namespace, history]));
  return submitted.flatMap(({ id, namespace, state, l1Transaction }) => {
    if (state !== "settled") return [`${id} is ${state}`];
    const position = positions.get(namespace)?.get(id) ?? Number.POSITIVE_INFINITY;
    // A validator sees the L1 now and then, and names the last settlement it found: perhaps one after the first that covers.
    const named = histories
      .get(namespace)
      ?.settled.find(({ transaction }) => transaction === l1Transaction);
    if (named === undefined) return [`${id} names ${l1Transaction}, which settled nothing here`];
    if (named.batches >= position) return [];
    return [`${id} is in batch ${position}, and ${l1Transaction} settled ${named.batches}`];
  });
}

/** By id: which batch of its namespace it stands in, from 1. */
function positionsIn({ batches }: DeliveredStream): ReadonlyMap<string, number> {
  return new Map(
    batches.flatMap(({ transactions }, index) =>
      transactions.map(({ id }) => [id, index + 1] as const),
    ),
  );
}

export function findResettled({
  streams,
  settlements,
}: Pick<Observations, "streams" | "settlements">): string[] {
  return streams.flatMap((stream) => {
    const { namespace, batches } = stream;
    const history = settlements.find((each) => each.namespace === namespace);
    if (history === undefined) return [`namespace ${namespace} has no settlement`];
    const wrong = findWrongEvents(stream, history);
    const last = history.settled.at(-1);
    if (history.batches !== (last?.batches ?? 0))
      wrong.push(`namespace ${namespace}: the contract holds ${history.batches} batches`);
    if (history.batches !== batches.length)
      wrong.push(`namespace ${namespace}: ${history.batches} of ${batches.length} are settled`);
    return wrong;
  });
}

function findWrongEvents(
  { namespace, batches }: DeliveredStream,
  { settled, batchesHash }: SettlementHistory,
): string[] {
  const wrong: string[] = [];
  let before = 0;
  for (const event of settled) {
    const where = `namespace ${namespace}, ${event.transaction}`;
    if (event.batches <= before) wrong.push(`${where}: ${event.batches} after ${before} batches`);
    if (batches[event.batches - 1]?.batchesHash !== event.batchesHash)
      wrong.push(`${where}: its ${event.batches} batches are not those that were delivered`);
    before = event.batches;
  }
  if (settled.length > 0 && settled.at(-1)?.batchesHash !== batchesHash)
    wrong.push(`namespace ${namespace}: the contract holds another hash than its last event`);
  return wrong;
}

export function findStrayFollowers({
  followers,
  settlements,
}: Pick<Observations, "followers" | "settlements">): string[] {
  return settlements.flatMap(({ namespace, batches, batchesHash }) => {
    const own = followers.filter((follower) => follower.namespace === namespace);
    if (own.length === 0) return [`namespace ${namespace} has no follower`];
    return own.flatMap(({ name, hashes }) => {
      const derived = hashes.get(batches);
      if (derived === batchesHash) return [];
      const what = derived === undefined ? "has not come so far" : `derived ${derived}`;
      return [`after ${batches} batches ${name} ${what}, and the L1 holds ${batchesHash}`];
    });
  });
}

export function findRefusedLists({ followers, submitted }: Observations): string[] {
  return followers.flatMap(({ name, namespace, roots, transactions, lists }) => {
    const own = submitted.filter((each) => each.namespace === namespace);
    // Who has a state knows no account of the random traffic's traders; who has none takes whatever is signed.
    const isTaken = ({ origin }: Submitted): boolean =>
      roots.size > 0 ? origin === "bot" : origin !== "oracle";
    const wanted = own.filter(isTaken).length;
    if (transactions === own.length && lists === wanted) return [];
    const was = `${wanted} lists of ${own.length} transactions were to be taken`;
    return [`${name} took ${lists} lists of ${transactions} transactions; ${was}`];
  });
}

export function findCheckpoints({
  checkpoints,
  chains,
}: Pick<Observations, "checkpoints" | "chains">): string[] {
  const wrong = checkpoints.length === 0 ? ["no checkpoint was anchored"] : [];
  let before = { number: 0, height: 0 };
  for (const { number, height, blockHash } of checkpoints) {
    if (number <= before.number || height <= before.height)
      wrong.push(`checkpoint ${number} (height ${height}) came after ${before.number}`);
    const served = chains.flatMap(({ hashes }) => hashes.get(height) ?? []);
    if (served.length === 0 || served.some((hash) => hash !== blockHash))
      wrong.push(`checkpoint ${number} is of a block at height ${height} that is not in the chain`);
    before = { number, height };
  }
  return wrong;
}

export function findEarlyShares({ traces }: Pick<Observations, "traces">): string[] {
  return traces.flatMap(({ validator, events }) => {
    const final = new Set<number>();
    const early: string[] = [];
    for (const each of events)
      if (each.event === "final") final.add(each.height);
      else if (each.event === "share-sent" && !final.has(each.height))
        early.push(`validator ${validator} sent a share of height ${each.height} too early`);
    // A trace without shares would prove nothing.
    const isEmpty = events.every(({ event }) => event !== "share-sent");
    return isEmpty ? [`validator ${validator} left no trace of any share`] : early;
  });
}

export function findForks({ chains }: Pick<Observations, "chains">): string[] {
  const first = new Map<number, { readonly validator: number; readonly hash: string }>();
  const most = Math.max(1, ...chains.map(({ hashes }) => hashes.size));
  return chains.flatMap(({ validator, hashes }) => {
    if (hashes.size < most)
      return [`validator ${validator} serves ${hashes.size} of ${most} blocks`];
    return [...hashes].flatMap(([height, hash]) => {
      const other = first.get(height) ?? { validator, hash };
      first.set(height, other);
      if (other.hash === hash) return [];
      return [`validators ${other.validator} and ${validator} differ at height ${height}`];
    });
  });
}

export function findLost({ restarts }: Observations): string[] {
  if (restarts.length === 0) return ["no validator was killed"];
  return restarts.flatMap(({ validator, before, after, others }) => {
    const least = Math.max(before, others);
    if (after >= least) return [];
    return [`validator ${validator} is at height ${after}; the others had ${least}`];
  });
}

export function findStrayEpochs(
  observations: Pick<Observations, "sizes" | "keyIds" | "epochs" | "rotations">,
): string[] {
  const { sizes, epochs, rotations } = observations;
  const found = epochs.map(({ members }) => members);
  const wrong =
    found.join() === sizes.join()
      ? []
      : [`committees of ${found.join(", ")} instead of ${sizes.join(", ")}`];
  wrong.push(...findStrayKeys(observations));
  const begun = epochs.slice(1).map(({ epoch }) => epoch);
  if (rotations.join() !== begun.join())
    wrong.push(`the L1 rotated to ${rotations.join(", ")}, and the chain to ${begun.join(", ")}`);
  return wrong;
}

/** One key for each id, handed on as it is; and where a new one comes, the one before beside it. */
function findStrayKeys({ keyIds, epochs }: Pick<Observations, "keyIds" | "epochs">): string[] {
  const found = epochs.map(({ keyId }) => keyId);
  if (found.join() !== keyIds.join())
    return [`keys ${found.join(", ")} instead of ${keyIds.join(", ")}`];
  return epochs.flatMap(({ epoch, keyId, sealingKey, retiringKey }, i) => {
    const before = epochs[i - 1];
    if ((keyId === undefined) !== (sealingKey === undefined)) return [`epoch ${epoch} has no key`];
    const isSame = keyId === before?.keyId;
    if ((sealingKey === before?.sealingKey) !== isSame)
      return [`key ${keyId} is ${sealingKey} in epoch ${epoch}`];
    const kept = isSame ? before?.retiringKey : before?.sealingKey;
    return retiringKey === kept ? [] : [`beside key ${keyId} epoch ${epoch} has ${retiringKey}`];
  });
}

export function findUnheld({ held, streams }: Pick<Observations, "held" | "streams">): string[] {
  const { id, lastOrigin } = held;
  if (id === undefined) return ["nothing was held back"];
  for (const { height, transactions } of streams.flatMap(({ batches }) => batches)) {
    const found = transactions.find((each) => each.id === id);
    if (found === undefined) continue;
    if (height <= lastOrigin) return [`${id} was ordered at ${height}, before ${lastOrigin}`];
    return found.isVoid ? [`${id} does not open`] : [];
  }
  return [`${id} was not delivered`];
}
