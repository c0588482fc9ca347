import { expect, test } from "vitest";
import { toHex } from "../../base/index.ts";
import { nobleNetworkSignatures } from "../../crypto/index.ts";
import { checkRegistration, makeRegistration } from "../../l1/index.ts";

const place = {
  chainId: 31_337,
  hub: `0x${"0a".repeat(20)}`,
  operator: "0x90F79bf6EB2c4f870365E785982E1f101E93b906",
};
const node = {
  secret: new Uint8Array(32).fill(5),
  networkKey: nobleNetworkSignatures.publicKey(new Uint8Array(32).fill(6)),
  address: "/ip4/203.0.113.7/tcp/9000",
};
const registration = makeRegistration(place, node);

test("a registration holds no secret, and can be sent for its operator", () => {
  const file = JSON.parse(JSON.stringify(registration)) as unknown;
  expect(JSON.stringify(file)).not.toContain(toHex(node.secret));
  expect(checkRegistration(file, place)).toEqual(registration);
});

test("an address is the same however it is written", () => {
  const written = { ...place, operator: place.operator.toLowerCase() };
  expect(checkRegistration(registration, written)).toEqual(registration);
});

test.each([
  { what: "operator", elsewhere: { operator: `0x${"0b".repeat(20)}` } },
  { what: "hub", elsewhere: { hub: `0x${"0c".repeat(20)}` } },
  { what: "chainId", elsewhere: { chainId: 1 } },
])("a registration for another $what is refused before it is sent", ({ what, elsewhere }) => {
  expect(() => checkRegistration(registration, { ...place, ...elsewhere })).toThrow(what);
  // Nor does it help to say that it is for this one: the proof says otherwise.
  const bent = { ...registration, ...elsewhere };
  expect(() => checkRegistration(bent, { ...place, ...elsewhere })).toThrow("possession");
});

test.each([
  { field: "publicKey", value: `0x${"ff".repeat(48)}`, says: "publicKey is no key" },
  { field: "publicKey", value: `0xc0${"00".repeat(47)}`, says: "publicKey is no key" },
  { field: "publicKey", value: "0x12", says: "publicKey must be 0x and 96 hex digits" },
  { field: "possession", value: `0xc0${"00".repeat(95)}`, says: "possession does not prove" },
  { field: "networkKey", value: `0x${"00".repeat(32)}`, says: "networkKey is no key" },
  { field: "address", value: "203.0.113.7:9000", says: "address must be a multiaddress" },
  { field: "note", value: "hello", says: "note" },
])("a file with a bad $field is refused with its name", ({ field, value, says }) => {
  expect(() => checkRegistration({ ...registration, [field]: value }, place)).toThrow(says);
});

test.each([null, [], "text", 7, {}])("what is no registration is refused: %j", (value) => {
  expect(() => checkRegistration(value, place)).toThrow("this registration cannot be sent");
});
