// A node's two stores, opened before anything is signed: what the validator's key is bound by, and all the rest.

import type { Logger, Store } from "../base/index.ts";
import { claimSafety, joinStores } from "./safety-store.ts";

export interface StoresPorts {
  /** A folder of the data directory. */
  readonly open: (folder: string) => Promise<Store>;
  /** Of the key that signs votes, 48 bytes. */
  readonly publicKey: Uint8Array;
  /** A mark outside of both stores, that the key has signed on this chain; false when none can be left. */
  readonly mark: {
    readonly path: string;
    readonly isThere: () => Promise<boolean>;
    readonly leave: () => Promise<boolean>;
  };
  readonly logger: Logger;
}

/** The safety store first: two nodes that shared it would share the key. Fails with what `claimSafety` fails with. */
export async function openStores(ports: StoresPorts): Promise<Store> {
  const { publicKey, mark, logger } = ports;
  const opened: Store[] = [];
  const open = async (folder: string): Promise<Store> => {
    const store = await ports.open(folder);
    opened.push(store);
    return store;
  };
  try {
    const safety = await open("safety");
    const main = await open("store");
    const hasSigned = await mark.isThere();
    await claimSafety({ main, safety, publicKey }, hasSigned);
    // Before anything is signed. Without it all works, but that the data directory is gone would go unnoticed.
    if (!hasSigned && !(await mark.leave()))
      logger.warn("no mark can be left beside the validator's key", { path: mark.path });
    return joinStores({ main, safety });
  } catch (error) {
    for (const store of opened) await store.close();
    throw error;
  }
}
