import { normalizeZ } from "@noble/curves/abstract/curve.js";
import { bls12_381 } from "@noble/curves/bls12-381.js";
import { assert, BoundedMap, toHex } from "../base/index.ts";
import {
  decodeG1,
  decodeG2,
  g1BytesLength,
  type G1Point,
  g2BytesLength,
  type G2Point,
} from "./points.ts";
import { Fr, toInteger, toScalar, toSecretScalar } from "./scalar.ts";
import type { SealingGroup } from "./sealing-group.ts";

const G1 = bls12_381.G1.Point;
const G2 = bls12_381.G2.Point;
const { Fp, Fp12 } = bls12_381.fields;

/** In plain JavaScript: fast enough for a client, and the oracle of faster ones; about 3 ms to seal. */
export const nobleSealingGroup: SealingGroup = {
  isValidG1(point) {
    return decodeG1(point) !== undefined;
  },
  isValidG2(point) {
    return decodeG2(point) !== undefined;
  },
  multiplyG1(secret) {
    return G1.BASE.multiply(toSecretScalar(secret)).toBytes();
  },
  multiplyG2(secret) {
    return G2.BASE.multiply(toSecretScalar(secret)).toBytes();
  },
  multiply(secret, point) {
    return multiplySecret(secret, point).toBytes();
  },
  sealingPoints({ secret, nonce, key }) {
    const [r, k] = [toSecretScalar(secret), toSecretScalar(nonce)];
    // Written together, they share the one inversion that costs as much as a multiplication.
    const [point, commitment, opening] = normalizeZ(G1, [
      G1.BASE.multiply(r),
      G1.BASE.multiply(k),
      tableOf(key).multiply(r),
    ]).map(compress);
    assert(
      point !== undefined && commitment !== undefined && opening !== undefined,
      "three points stay three points",
    );
    return { point, commitment, opening };
  },
  multiplyAll(secret, points) {
    return points.map((point) => multiplySecret(secret, point).toBytes(false));
  },
  proofCommitment({ point, challenge, response }) {
    const base = decodeG1(point);
    const [e, s] = [toScalar(challenge), toScalar(response)];
    assert(e !== undefined && s !== undefined, "a proof is checked after its scalars");
    return base && compress(G1.BASE.mulAddUnsafe(s, base, Fr.neg(e)));
  },
  combine(coefficients, rows) {
    const scalars = coefficients.map(toSecretScalar);
    const points = rows.map((row) => row.map(decodeAffine).filter((point) => point !== undefined));
    if (points.some((row, i) => row.length !== rows[i]?.length)) return undefined;
    const sums = (points[0] ?? []).map((_, column) =>
      sum(points.map((row, i) => (row[column] ?? G1.ZERO).multiplyUnsafe(scalars[i] ?? 0n))),
    );
    // The library does not write what is outside the subgroup, and it would not be an opening.
    return sums.every((point) => point.isTorsionFree()) ? sums.map(compress) : undefined;
  },
  areMultiples({ factor, points, multiples, weights }) {
    const key = decodeG2(factor);
    const right = multiples.map((multiple) =>
      multiple.length === g1BytesLength ? decodeG1(multiple) : decodeAffineInSubgroup(multiple),
    );
    const left = points.map(decodeG1);
    if (key === undefined) return false;
    const [weightedPoints, weightedMultiples] = [left, right].map((side) => weigh(side, weights));
    if (weightedPoints === undefined || weightedMultiples === undefined) return false;
    const product = bls12_381.pairingBatch(
      [
        { g1: weightedMultiples.negate(), g2: G2.BASE },
        { g1: weightedPoints, g2: key },
      ].filter(({ g1 }) => !g1.is0()),
    );
    return Fp12.eql(product, Fp12.ONE);
  },
  evaluateG2(points, at) {
    const coefficients = points.map(readOwnG2);
    return at.map((x) =>
      writeG2(
        coefficients.reduceRight(
          (value, coefficient) => value.multiplyUnsafe(BigInt(x)).add(coefficient),
          G2.ZERO,
        ),
      ),
    );
  },
  combineG2(coefficients, rows) {
    const scalars = coefficients.map(toSecretScalar);
    const points = rows.map((row) => row.map(readOwnG2));
    return (points[0] ?? []).map((_, column) =>
      writeG2(
        points.reduce(
          (total, row, i) => total.add((row[column] ?? G2.ZERO).multiplyUnsafe(scalars[i] ?? 0n)),
          G2.ZERO,
        ),
      ),
    );
  },
  sumG1(points) {
    const decoded = points.map(decodeG1).filter((point) => point !== undefined);
    assert(decoded.length === points.length, "only valid points are summed");
    return compress(sum(decoded));
  },
};

/** What this node has checked or computed itself; the identity is among what sums can be. */
function readOwnG2(bytes: Uint8Array): G2Point {
  const identity = bytes.length === g2BytesLength && bytes[0] === 0xc0;
  const point = identity ? G2.ZERO : decodeG2(bytes);
  assert(point !== undefined, "only valid points are added up");
  return point;
}

/** See `compress`. */
function writeG2(point: G2Point): Uint8Array {
  return (point.is0() ? G2.ZERO : point).toBytes();
}

function multiplySecret(secret: Uint8Array, point: Uint8Array): G1Point {
  const decoded = decodeG1(point);
  assert(decoded !== undefined, "a secret multiplies valid points only");
  return decoded.multiply(toSecretScalar(secret));
}

/** Who seals once seals again, to the same key: the multiples of it that every multiplication begins with are kept. */
function tableOf(key: Uint8Array): G1Point {
  const name = toHex(key);
  const known = tables.get(name);
  if (known !== undefined) return known;
  const decoded = decodeG1(key);
  assert(decoded !== undefined, "a secret multiplies valid points only");
  // Costs as much as three multiplications without it.
  decoded.precompute(tableBits, false);
  tables.set(name, decoded);
  return decoded;
}

const tableBits = 4;
/** A chain has one key, and for a while two. */
const tables = new BoundedMap<string, G1Point>(4);

/** On the curve, perhaps outside the subgroup. */
function decodeAffine(bytes: Uint8Array): G1Point | undefined {
  if (bytes.length !== 2 * g1BytesLength) return undefined;
  const x = toInteger(bytes.subarray(0, g1BytesLength));
  const y = toInteger(bytes.subarray(g1BytesLength));
  if (!Fp.isValid(x) || !Fp.isValid(y)) return undefined;
  const isOnCurve = Fp.eql(Fp.sqr(y), Fp.add(Fp.mul(Fp.sqr(x), x), G1.CURVE().b));
  return isOnCurve ? G1.fromAffine({ x, y }) : undefined;
}

function decodeAffineInSubgroup(bytes: Uint8Array): G1Point | undefined {
  const point = decodeAffine(bytes);
  return point?.isTorsionFree() ? point : undefined;
}

function weigh(
  points: readonly (G1Point | undefined)[],
  weights: readonly Uint8Array[],
): G1Point | undefined {
  const weighted = points.map((point, i) =>
    point?.multiplyUnsafe(toInteger(weights[i] ?? new Uint8Array())),
  );
  const present = weighted.filter((point) => point !== undefined);
  return present.length < points.length ? undefined : sum(present);
}

/** The library writes the identity in one projective form only, and sums that vanish come out in others. */
function compress(point: G1Point): Uint8Array {
  return (point.is0() ? G1.ZERO : point).toBytes();
}

function sum(points: readonly G1Point[]): G1Point {
  return points.reduce((a, b) => a.add(b), G1.ZERO);
}
