// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Re-executes single steps of a derivatives rollup
/// @notice What a proposer posts for a batch is a row of chunks, each with the root of the state after it. A chunk holds at most
/// 16 steps of one kind, with all that they need and the chain cannot know; whoever disputes it brings the leaves that it touches,
/// proven under the root before it. The vault that asks is the sender of the messages that deposits are checked against.
interface ISteps {
    /// @param batch The batch that the steps are of.
    /// @param kind 0 other, of which nothing can be shown here; 1 Deposit, 2 Withdraw, 3 Fill, 4 FundingMark, 5 Admit.
    /// @param post The root after the chunk.
    /// @param steps What the kind's steps are, in words: see `Steps`.
    struct Chunk {
        uint64 batch;
        uint8 kind;
        bytes32 post;
        bytes steps;
    }

    /// @notice The witness is not of the root before, or lacks something. It is the challenger's to bring another.
    error BadWitness();
    /// @notice Chunks of this kind are not executed here.
    error NotProvable(uint8 kind);

    /// @notice The root that the chunk's steps lead to from `pre`; zero, which is no root, when one of them is not allowed.
    /// Compare it with `chunk.post`, which is not looked at.
    /// @param witness The preimage of `pre` and the leaves, in the order in which the steps need them.
    function execute(bytes32 pre, Chunk calldata chunk, bytes calldata witness)
        external
        view
        returns (bytes32 post);
}

/// @title What a vault tells of its own messages
interface IVaultMessages {
    /// @notice keccak256 of the data of the vault's message `number`, counted from 0 over deposits and parameters alone, as it
    /// went into the inbox; zero when there is none. `Globals.l1Index` is such a number.
    function messageDataHash(uint64 number) external view returns (bytes32);
}
