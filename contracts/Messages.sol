// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title The one envelope of everything that validators sign with their BLS keys
/// @notice Two digests of one signer with equal domain, kind, epoch and slot but different payloads are a provable lie,
/// whatever they are about. protocol/settlement.ts makes the same bytes.
library Messages {
    /// @dev A slot is a view for the three kinds of votes, and the height of the block for a checkpoint and a release, by which
    /// a validator stands for giving its decryption shares for a block.
    uint256 internal constant PREPARE = 1;
    uint256 internal constant COMMIT = 2;
    uint256 internal constant SKIP = 3;
    uint256 internal constant CHECKPOINT = 4;
    uint256 internal constant RELEASE = 5;

    /// @notice Cipher suite of every signature over a digest.
    string internal constant SIGNATURE_DST = "BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_";

    /// @notice Cipher suite of proofs of possession alone, so that no vote is ever mistaken for one.
    string internal constant POSSESSION_DST = "BLS_POP_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_";

    function domain(address hub) internal view returns (bytes32) {
        return keccak256(abi.encode(keccak256("conclave/v1"), block.chainid, hub));
    }

    function digest(bytes32 domain_, uint256 kind, uint256 epoch, uint256 slot, bytes32 payload)
        internal
        pure
        returns (bytes32)
    {
        return keccak256(abi.encode(domain_, kind, epoch, slot, payload));
    }

    /// @notice What an operator signs to register a key: bound to the chain, the contract, the operator and the key.
    function possession(address stake, address operator, bytes32 keyHash) internal view returns (bytes32) {
        return keccak256(abi.encode(keccak256("conclave/pop/v1"), block.chainid, stake, operator, keyHash));
    }
}
