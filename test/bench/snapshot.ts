import { concatBytes, u64Bytes, utf8 } from "../../base/index.ts";
import { sha256 } from "../../crypto/index.ts";
import { Ledger } from "../../ledger/index.ts";
import { encodeOrderingSnapshot, encodeTotals } from "../../ledger/snapshot.ts";
import { totalsAtGenesis } from "../../ledger/totals.ts";
import { OrderChain } from "../../mempool/order-chain.ts";
import { genesisOrderState } from "../../mempool/order-state.ts";
import { Height, limits, Micros, zeroHash } from "../../protocol/index.ts";
import { Snapshots } from "../../sequencer/snapshots.ts";
import { genesisOf } from "../ledger/chain.ts";
import { cpuMs, type Figure } from "./harness.ts";

/** What a canonical snapshot costs the thread that decides, with so many ids in the replay window. */
export async function benchSnapshot(): Promise<Figure[]> {
  const figures = [100_000, 1_000_000].flatMap((ids) => measure(ids));
  return Promise.resolve(figures);
}

function measure(count: number): Figure[] {
  const height = Height(limits.snapshotHeights);
  const ledger = ledgerWith(count, height);
  const chain = chainWith(count / 10);
  const mempool = chain.snapshot();
  const totals = ledger.totalsSnapshot();
  const hash = zeroHash;
  let chunks = 0;
  let longest = 0;
  const take = cpuMs(() => {
    ledger.orderingSnapshot();
    chain.snapshot();
  });
  const make = cpuMs(() => {
    const snapshots = new Snapshots({ roots: [], kept: [] });
    const ordering = ledger.orderingSnapshot();
    const succession = new Uint8Array(1);
    snapshots.onExecuted({ height, hash, named: Height(0), ordering, mempool, succession });
    chunks = 1;
    snapshots.onOpened(height, totals);
    while (snapshots.newest === undefined) {
      const before = performance.now();
      snapshots.work();
      longest = Math.max(longest, performance.now() - before);
      chunks++;
    }
  }, 3);
  const name = (what: string): string => `snapshot/ids${count}/${what}`;
  return [
    { name: name("take/cpu-ms"), value: take, unit: "ms" },
    { name: name("make/cpu-ms"), value: make, unit: "ms" },
    { name: name("chunks"), value: chunks, unit: "chunks" },
    { name: name("one-chunk/longest-ms"), value: longest, unit: "ms" },
  ];
}

/** As many ids as one block in 20 heights would leave, over the whole horizon. */
function ledgerWith(count: number, height: Height): Ledger {
  const expiries = 1_000;
  const seen = Array.from({ length: expiries }, (_, i) => {
    const ids = Array.from({ length: count / expiries }, (_each, j) =>
      sha256(u64Bytes(i), u64Bytes(j)),
    );
    return [Height(height + 20 * i), concatBytes(...ids)] as const;
  });
  const genesisHash = sha256(utf8("genesis"));
  const l1 = { number: 4, hash: zeroHash };
  const final = { height, hash: zeroHash, time: Micros(1), l1, epochStart: Micros(1), baseFee: 1 };
  const genesis = genesisOf();
  const assembly = { prepared: undefined, span: 0, counts: new Map<string, number>() };
  const ordering = encodeOrderingSnapshot({ genesisHash, final, namespaces: [], seen, assembly });
  const totals = encodeTotals({ ...totalsAtGenesis, height });
  return new Ledger(
    { l1: { eventsBetween: () => [] } },
    { genesis, genesisHash, committee: genesis.committee },
    { ordering: concatBytes(...ordering), totals },
  );
}

function chainWith(emitted: number): OrderChain {
  const state = genesisOrderState(4);
  for (let i = 0; i < emitted; i++)
    state.done.set(String.fromCharCode(...sha256(u64Bytes(i))), Micros(1 + Math.floor(i / 100)));
  return new OrderChain(zeroHash, state);
}
