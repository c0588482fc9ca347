// Started by level-store.test.ts to be killed: writes synced batches over two spaces without end, and prints the
// number of each one that was acknowledged.
import { u64Bytes } from "../../../base/index.ts";
import { openStore } from "../../../sequencer/storage/index.ts";
import { silentLogger } from "../silent-logger.ts";

const folder = process.argv[2] ?? "";
const genesisHash = new Uint8Array(32).fill(7);
const store = await openStore(folder, { genesisHash, logger: silentLogger });

for (let number = (await store.range("b")).length + 1; ; number++) {
  const key = u64Bytes(number);
  await store.write(
    [
      { space: "b", key, value: new Uint8Array(2000).fill(number) },
      { space: "c", key, value: new Uint8Array(2000).fill(number) },
    ],
    { sync: true },
  );
  process.stdout.write(`${number}\n`);
}
