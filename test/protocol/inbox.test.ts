import { AbiCoder, getBytes, hexlify, keccak256, solidityPackedKeccak256 } from "ethers";
import fc from "fast-check";
import { expect, test } from "vitest";
import { chainInbox, inboxMessageHash } from "../../protocol/index.ts";
import { anyInboxMessage, bytes } from "./arbitraries.ts";

test("a message's hash is keccak256 of its ABI encoding, as Settlement computes it", () => {
  const types = ["uint32", "uint64", "address", "uint64", "bytes32"];
  fc.assert(
    fc.property(anyInboxMessage, (message) => {
      const { namespace, index, sender, timestamp, data } = message;
      const values = [namespace, index, hexlify(sender), timestamp, keccak256(data)];
      const expected = keccak256(AbiCoder.defaultAbiCoder().encode(types, values));
      expect(hexlify(inboxMessageHash(message))).toBe(expected);
      expect(message.messageHash).toEqual(getBytes(expected));
    }),
  );
});

test("an inbox is chained as Settlement chains it", () => {
  fc.assert(
    fc.property(bytes(32), bytes(32), (previous, message) => {
      const expected = solidityPackedKeccak256(["bytes32", "bytes32"], [previous, message]);
      expect(hexlify(chainInbox(previous, message))).toBe(expected);
    }),
  );
});
