// Two stores that look like one. What this validator's keys are bound by stands in the safety store and is read from
// nowhere else; all the rest stands in the main one, which may be lost, set back or copied from another machine.

import { CodedError, equalBytes, type Store, utf8, type Write } from "../base/index.ts";
import { spaces } from "../protocol/index.ts";
import {
  incarnationKey,
  mergePromises,
  nothingPromised,
  type Promises,
  promiseSpaces,
  readPromises,
  writePromises,
} from "./promises.ts";

export interface SafetyParts {
  readonly main: Store;
  readonly safety: Store;
  /** Of the key that signs votes, 48 bytes. */
  readonly publicKey: Uint8Array;
}

/** In either store: whose promises it keeps. In the main one they are copies. */
const ownerKey = utf8("signer");

/**
 * A batch goes to the main store first, whole, and what in it binds the keys then to the safety store; both are on disk
 * before a synced write is done. In this order because a vote rests on what stands in the main store: a safety store
 * that knows more than it would say "I prepared this block" of a block that is lost. The other way round nothing is
 * lost: what only the main store knows has not been said. The copies in the main store make the first write carry down
 * everything unsynced before it, and replace what a rotten end of the safety store's log would lose.
 */
export function joinStores({ main, safety }: Omit<SafetyParts, "publicKey">): Store {
  const homeOf = (space: string): Store => (promiseSpaces.includes(space) ? safety : main);
  return {
    get: (space, key) => homeOf(space).get(space, key),
    range: (space, options) => homeOf(space).range(space, options),
    async write(batch, options) {
      await main.write(batch, options);
      const promises = batch.filter(({ space }) => promiseSpaces.includes(space));
      if (promises.length > 0) await safety.write(promises, options);
    },
    async close() {
      await main.close();
      await safety.close();
    },
  };
}

/**
 * Makes sure, before anything is signed, that the safety store is this key's and holds all that is known of what the key
 * signed. A store that is new is taken into use only when nothing says that the key has signed on this chain:
 * `hasSigned` is what a mark outside of both stores says. Fails with `SAFETY_MISSING`, `SAFETY_OF_ANOTHER_KEY`, or what
 * `readPromises` and `mergePromises` fail with.
 */
export async function claimSafety(parts: SafetyParts, hasSigned: boolean): Promise<void> {
  const { main, safety, publicKey } = parts;
  const isNew = await isUnclaimed(safety, publicKey);
  const owner = await main.get(spaces.meta, ownerKey);
  const isOwn = owner !== undefined && equalBytes(owner, publicKey);
  if (isNew && (isOwn || hasSigned)) throw missing();
  await adopt(parts, await copiesIn(main, owner, publicKey));
}

/** Merges what another record says into the safety store, which is taken into use if it is new. Nothing is lowered. */
export async function importPromises(parts: SafetyParts, promises: Promises): Promise<Promises> {
  const { main, safety, publicKey } = parts;
  await isUnclaimed(safety, publicKey);
  const copies = await copiesIn(main, await main.get(spaces.meta, ownerKey), publicKey);
  return adopt(parts, mergePromises(copies, promises));
}

/** Takes a new safety store into use on the word of an operator that the key has never signed. `SAFETY_EXISTS` if it is
 * in use already. */
export async function initSafety(parts: SafetyParts): Promise<Promises> {
  if (!(await isUnclaimed(parts.safety, parts.publicKey)))
    throw new CodedError("SAFETY_EXISTS", "this key has its safety store: there is nothing to do");
  return importPromises(parts, nothingPromised);
}

/** What the safety store of this key says. Fails with `SAFETY_MISSING` when there is none. */
export async function exportPromises(safety: Store, publicKey: Uint8Array): Promise<Promises> {
  if (await isUnclaimed(safety, publicKey)) throw missing();
  return readPromises(safety);
}

async function isUnclaimed(safety: Store, publicKey: Uint8Array): Promise<boolean> {
  const owner = await safety.get(spaces.meta, ownerKey);
  if (owner !== undefined && !equalBytes(owner, publicKey))
    throw new CodedError(
      "SAFETY_OF_ANOTHER_KEY",
      "the safety store belongs to another validator key: check `keys.validator` and `dataDirectory`",
    );
  return owner === undefined;
}

/** What the main store knows of this key's promises; nothing if they are another's, as in a store copied from a peer. */
async function copiesIn(
  main: Store,
  owner: Uint8Array | undefined,
  publicKey: Uint8Array,
): Promise<Promises> {
  if (owner !== undefined && !equalBytes(owner, publicKey)) return nothingPromised;
  // Before there was a safety store, the starts were counted among the facts about the store.
  const counted = await main.get(spaces.meta, incarnationKey);
  const copies = await readPromises(main);
  if (counted === undefined) return copies;
  const old = new DataView(counted.buffer, counted.byteOffset).getUint32(4);
  return { ...copies, incarnation: Math.max(copies.incarnation, old) };
}

/** The safety store first, and its mark with the promises: a crash in between leaves what the next start takes up. */
async function adopt({ main, safety, publicKey }: SafetyParts, added: Promises): Promise<Promises> {
  const promises = mergePromises(await readPromises(safety), added);
  const claim: Write = { space: spaces.meta, key: ownerKey, value: publicKey };
  await safety.write([claim, ...writePromises(promises)], { sync: true });
  await main.write([...(await withoutCopies(main)), claim, ...writePromises(promises)], {
    sync: true,
  });
  return promises;
}

/** Deletes all copies, and the count of starts where it stood before. */
async function withoutCopies(main: Store): Promise<Write[]> {
  const found = await Promise.all(
    promiseSpaces.map(async (space) =>
      (await main.range(space)).map(({ key }) => ({ space, key, value: undefined })),
    ),
  );
  return [{ space: spaces.meta, key: incarnationKey, value: undefined }, ...found.flat()];
}

function missing(): CodedError {
  return new CodedError(
    "SAFETY_MISSING",
    "this key has signed on this chain and the record of what it signed is missing: put back the folder `safety`, or " +
      "import a file exported from it (`conclave safety import`); only for a key that has never signed, " +
      "`conclave safety init --never-signed`",
  );
}
