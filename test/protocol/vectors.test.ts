import { expect, test } from "vitest";
import { fromHex } from "../../base/index.ts";
import vectors from "../vectors/protocol.json" with { type: "json" };
import { protocolVectors } from "../vectors/protocol.ts";
import { codecs } from "./codecs.ts";
import { examples } from "./examples.ts";

test("encodings and hashes are the committed ones", () => {
  expect(protocolVectors()).toEqual(vectors);
});

test.each(codecs)("the committed encoding of a $name is read back", ({ name, decode }) => {
  const hex = (vectors.encodings as Readonly<Record<string, string>>)[name] ?? "none";
  expect(decode(fromHex(hex) ?? new Uint8Array())).toEqual(examples[name]);
});
