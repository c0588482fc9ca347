// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {BLS12381, G2} from "../../../contracts/BLS12381.sol";
import {Messages} from "../../../contracts/Messages.sol";

/// @notice Real keys and signatures, made on the chain itself: a key is its secret times the generator (G1MSM), a
/// signature is the secret times the hashed message (G2MSM). An aggregate is the signature by the sum of the secrets.
library Keys {
    uint256 internal constant ORDER = 0x73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001;

    bytes internal constant GENERATOR =
        hex"0000000000000000000000000000000017f1d3a73197d7942695638c4fa9ac0fc3688c4f9774b905a14e3a3f171bac586c55e83ff97a1aeffb3af00adb22c6bb0000000000000000000000000000000008b3f481e3aaa0f1a09e30ed741d8ae4fcf5e095d5d00af600db18cb2c04b3edd03cc744a2888ae40caa232946c5e7e1";

    /// @notice On the curve of keys, but outside of the subgroup.
    bytes internal constant G1_OUTSIDE =
        hex"00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000004000000000000000000000000000000000a989badd40d6212b33cffc3f3763e9bc760f988c9926b26da9dd85e928483446346b8ed00e1de5d5ea93e354abe706c";

    /// @notice On the curve of signatures, but outside of the subgroup.
    bytes internal constant G2_OUTSIDE =
        hex"00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000002000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000018c6b864ae17dc9da64203ffefb966306425a7bc6aeb7c75247438372716284a4173830420cd476ba1a365b95bfcec3800000000000000000000000000000000172e93db764a8400a7d5071b6b6f5de0da2f0f4a063119abca014006b7c40a2cfe291a1924e65db0d6d0fcfbf3bf3d5c";

    function secretOf(uint256 seed, uint256 index) internal pure returns (uint256) {
        return 1 + uint256(keccak256(abi.encode("secret", seed, index))) % (ORDER - 1);
    }

    /// @notice The 128 EIP-2537 bytes of a key.
    function pointOf(uint256 secret) internal view returns (bytes memory point) {
        return _call(0x0c, abi.encodePacked(GENERATOR, secret));
    }

    /// @notice The 96 bytes of a key, without padding.
    function keyOf(uint256 secret) internal view returns (bytes memory) {
        return unpad(pointOf(secret));
    }

    function sign(uint256 secret, bytes32 digest) internal view returns (bytes memory) {
        return signUnder(Messages.SIGNATURE_DST, secret, digest);
    }

    function prove(uint256 secret, bytes32 digest) internal view returns (bytes memory) {
        return signUnder(Messages.POSSESSION_DST, secret, digest);
    }

    function signUnder(string memory dst, uint256 secret, bytes32 digest)
        internal
        view
        returns (bytes memory)
    {
        return _call(0x0e, abi.encodePacked(bytesOf(BLS12381.hashToG2(digest, dst)), secret));
    }

    /// @notice Two signatures added up.
    function sum(bytes memory a, bytes memory b) internal view returns (bytes memory) {
        return _call(0x0d, abi.encodePacked(a, b));
    }

    function bytesOf(G2 point) internal pure returns (bytes memory copy) {
        copy = new bytes(256);
        assembly ("memory-safe") {
            mcopy(add(copy, 0x20), point, 0x100)
        }
    }

    function unpad(bytes memory point) internal pure returns (bytes memory key) {
        key = new bytes(96);
        assembly ("memory-safe") {
            mcopy(add(key, 0x20), add(point, 0x30), 48)
            mcopy(add(key, 0x50), add(point, 0x70), 48)
        }
    }

    function _call(uint256 precompile, bytes memory input) private view returns (bytes memory) {
        (bool ok, bytes memory output) = address(uint160(precompile)).staticcall(input);
        require(ok && output.length != 0, "precompile");
        return output;
    }
}
