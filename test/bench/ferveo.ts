// The same work in Ferveo, threshold encryption as it is used elsewhere, from the package of those who run it: encrypt
// 300 bytes, one decryption share, combine, decrypt. In the same process as ours, on the same kind of back-end.

import {
  type Ciphertext,
  combineDecryptionSharesPrecomputed,
  combineDecryptionSharesSimple,
  DecryptionSharePrecomputed,
  DecryptionShareSimple,
  decryptWithSharedSecret,
  Dkg,
  EthereumAddress,
  ferveoEncrypt,
  initialize,
  Keypair,
  Validator,
  ValidatorMessage,
} from "@nucypher/nucypher-core";
import { assert } from "../../base/index.ts";
import { cpuMs, type Figure } from "./harness.ts";

const seats = 4;
const threshold = 3;
const batch = 4;

/**
 * One validator's CPU for a transaction. `simple` opens with any quorum, as ours does; `precomputed` is cheaper to
 * combine, and needs the shares of all validators that were announced: with one of them silent it opens nothing.
 */
export async function benchFerveo(): Promise<Figure[]> {
  await initialize();
  const keypairs = Array.from({ length: seats }, () => Keypair.random());
  const validators = keypairs.map(({ publicKey }, i) => {
    const address = EthereumAddress.fromString(`0x${String(i + 1).padStart(40, "0")}`);
    return new Validator(address, publicKey);
  });
  const dkgs = validators.map((me) => new Dkg(1, seats, threshold, validators, me));
  const transcripts = validators.map((validator, i) => {
    const dkg = dkgs[i];
    assert(dkg !== undefined, "every validator deals");
    return new ValidatorMessage(validator, dkg.generateTranscript());
  });
  const parties = dkgs.map((dkg, i) => {
    const keypair = keypairs[i];
    assert(keypair !== undefined, "every validator has a key");
    return { dkg, keypair, transcript: dkg.aggregateTranscript(transcripts) };
  });
  const [first] = parties;
  assert(first !== undefined, "somebody is there");
  const publicKey = first.dkg.publicKey();
  const message = new Uint8Array(300);
  const aad = new Uint8Array(32).fill(1);
  const encrypt = (): Ciphertext => ferveoEncrypt(message, aad, publicKey);
  const ciphertexts = Array.from({ length: batch }, encrypt);

  const share = (ciphertext: Ciphertext, { dkg, keypair, transcript }: typeof first): Uint8Array =>
    transcript.createDecryptionShareSimple(dkg, ciphertext.header, aad, keypair).toBytes();
  const shareOfAll = (
    ciphertext: Ciphertext,
    { dkg, keypair, transcript }: typeof first,
  ): Uint8Array =>
    transcript.createDecryptionSharePrecomputed(dkg, ciphertext.header, aad, keypair).toBytes();
  const simple = ciphertexts.map((each) =>
    parties.slice(0, threshold).map((party) => share(each, party)),
  );
  const precomputed = ciphertexts.map((each) => parties.map((party) => shareOfAll(each, party)));
  const combineSimple = (i: number): ReturnType<typeof combineDecryptionSharesSimple> =>
    combineDecryptionSharesSimple(
      (simple[i] ?? []).map((bytes) => DecryptionShareSimple.fromBytes(bytes)),
    );
  const combinePrecomputed = (i: number): ReturnType<typeof combineSimple> =>
    combineDecryptionSharesPrecomputed(
      (precomputed[i] ?? []).map((bytes) => DecryptionSharePrecomputed.fromBytes(bytes)),
    );
  const decrypt = (ciphertext: Ciphertext, secret: ReturnType<typeof combineSimple>): void => {
    const opened = decryptWithSharedSecret(ciphertext, aad, secret);
    assert(opened.length === message.length, "it opens to what was sealed");
  };
  const secrets = ciphertexts.map((_, i) => combineSimple(i));
  for (const [i, each] of ciphertexts.entries()) decrypt(each, combinePrecomputed(i));

  const perTx = (work: (ciphertext: Ciphertext, i: number) => void): number =>
    cpuMs(() => ciphertexts.forEach(work), 3) / batch;
  const encryptMs = perTx(() => void encrypt());
  const shareMs = perTx((each) => void share(each, first));
  const combineMs = perTx((_, i) => void combineSimple(i));
  const combineOfAllMs = perTx((_, i) => void combinePrecomputed(i));
  const decryptMs = perTx((each, i) => {
    const secret = secrets[i];
    if (secret !== undefined) decrypt(each, secret);
  });
  const shareBytes = simple[0]?.[0]?.length ?? 0;
  const figure = (name: string, value: number, unit = "ms"): Figure => ({
    name: `ferveo/n${seats}/${name}`,
    value,
    unit,
  });
  return [
    figure("encrypt/ms", encryptMs),
    figure("share/cpu-ms-per-tx", shareMs),
    figure("combine/cpu-ms-per-tx", combineMs),
    figure("decrypt/cpu-ms-per-tx", decryptMs),
    figure("cpu-ms-per-tx", shareMs + combineMs + decryptMs),
    figure("precomputed/cpu-ms-per-tx", shareMs + combineOfAllMs + decryptMs),
    figure("bytes-per-tx", (seats - 1) * shareBytes, "B"),
  ];
}
