// npm run sim:economics: what each deviation is worth beside honest play, under the assumptions of docs/economics.md, and in
// worlds that break one of them. Fails when a deviation pays where none may, or where the model should have seen that it does.
import { parseArgs } from "node:util";
import { assumed, broken, compare, type Comparison, tolerance, type World } from "./model.ts";

const { values } = parseArgs({
  options: {
    seed: { type: "string", default: "1" },
    epochs: { type: "string", default: "30" },
  },
});
const chance = { seed: Number(values.seed), epochs: Number(values.epochs) };
let failures = 0;

for (const validators of [4, 16, 64, 128]) {
  const coalition = Math.floor((validators - 1) / 3);
  const found = show(`n=${validators}, ${coalition} as one`, { ...assumed, validators, coalition });
  failures += found.filter(({ pays }) => pays).length;
}
for (const { name, world, pays } of broken) {
  const found = show(`planted: ${name}`, world);
  failures += found.some((each) => each.strategy === pays && each.pays) ? 0 : 1;
}
const verdict = failures === 0 ? "as it should be" : `${failures} not as they should be`;
console.log(`seed ${chance.seed}, ${chance.epochs} epochs, tolerance ${tolerance}: ${verdict}`);
process.exitCode = failures === 0 ? 0 : 1;

function show(title: string, world: World): Comparison[] {
  console.log(title);
  const found = compare(world, chance);
  for (const { strategy, payoff, gain, pays } of found)
    console.log(
      `  ${strategy.padEnd(15)} ${Math.round(payoff).toString().padStart(16)} units ${(100 * gain).toFixed(4).padStart(10)} %${pays ? "  pays" : ""}`,
    );
  return found;
}
