// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ISteps} from "../../contracts/interfaces/ISteps.sol";
import {IVault} from "../../contracts/interfaces/IVault.sol";
import {VaultTest} from "./support/VaultTest.sol";

contract VaultChallengeTest is VaultTest {
    function setUp() external {
        openVault();
        settle(100);
    }

    /// @notice Whichever chunk is the lie is shown to be one, and no other.
    function testFuzz_the_chunk_that_lies_convicts(uint256 size, uint256 lie, uint256 shown) external {
        size = bound(size, 1, 6);
        lie = bound(lie, 0, size - 1);
        shown = bound(shown, 0, size - 1);
        ISteps.Chunk[] memory chunks = _chunks(lastRoot(), 5, size, lie);
        uint256 index = _propose(PROPOSER, chunks);
        uint256 before = token.balanceOf(CHALLENGER);
        if (shown == lie) {
            vm.expectEmit();
            emit IVault.Convicted(index, lie, PROPOSER, CHALLENGER);
        } else {
            vm.expectRevert(abi.encodeWithSelector(IVault.NoLie.selector));
        }
        _challenge(index, chunks, shown, rootAt(0));
        bool isConvicted = shown == lie;
        assertEq(token.balanceOf(CHALLENGER) - before, isConvicted ? BOND / 2 : 0);
        assertEq(token.balanceOf(BURNT), isConvicted ? BOND - BOND / 2 : 0);
        assertEq(vault.proposals(), isConvicted ? 1 : 2);
        assertSolvent();
    }

    /// @notice A step that is not allowed is a lie, even for who says that it leads to zero.
    function test_what_is_not_allowed_convicts() external {
        ISteps.Chunk[] memory chunks = _chunks(lastRoot(), 5, 2, 9);
        chunks[0].steps = hex"ff";
        chunks[0].post = 0;
        uint256 index = _propose(PROPOSER, chunks);
        _challenge(index, chunks, 0, rootAt(0));
        assertEq(vault.proposals(), 1);
    }

    /// @notice What was built on a lie goes with it, and who built there has its bond back.
    function test_later_proposals_go_without_loss() external {
        ISteps.Chunk[] memory good = _chunks(lastRoot(), 5, 2, 9);
        _propose(PROPOSER, good);
        ISteps.Chunk[] memory bad = _chunks(lastRoot(), 6, 2, 1);
        uint256 index = _propose(PROPOSER, bad);
        _propose(TRADER, _chunks(lastRoot(), 7, 1, 9));
        _propose(TRADER, _chunks(lastRoot(), 8, 1, 9));
        _challenge(index, bad, 1, good[1].post);
        assertEq(vault.proposals(), 2);
        assertEq(lastRoot(), good[1].post);
        assertEq(vault.bondOf(TRADER), 2 * BOND);
        assertEq(vault.bondOf(PROPOSER), 0);
        assertSolvent();
        uint256 before = token.balanceOf(TRADER);
        vm.prank(TRADER);
        vault.takeBonds();
        assertEq(token.balanceOf(TRADER) - before, 2 * BOND);
        // The truth takes its place.
        _propose(TRADER, _chunks(lastRoot(), 6, 2, 9));
    }

    function test_a_challenge_comes_within_the_window() external {
        ISteps.Chunk[] memory chunks = _chunks(lastRoot(), 5, 2, 1);
        uint256 index = _propose(PROPOSER, chunks);
        vm.warp(block.timestamp + WINDOW - 1);
        uint256 here = vm.snapshotState();
        _challenge(index, chunks, 1, rootAt(0));
        assertEq(vault.proposals(), 1);
        assertTrue(vm.revertToState(here), "back");
        vm.warp(block.timestamp + 1);
        vm.expectRevert(abi.encodeWithSelector(IVault.NotPending.selector, index));
        _challenge(index, chunks, 1, rootAt(0));
        vm.expectRevert(abi.encodeWithSelector(IVault.NotPending.selector, index + 1));
        _challenge(index + 1, chunks, 1, rootAt(0));
        vm.expectRevert(abi.encodeWithSelector(IVault.NotPending.selector, 0));
        _challenge(0, chunks, 1, rootAt(0));
    }

    function test_only_the_proposals_own_chunks_count() external {
        ISteps.Chunk[] memory chunks = _chunks(lastRoot(), 5, 3, 1);
        uint256 index = _propose(PROPOSER, chunks);
        bytes32[] memory hashes = _hashesOf(chunks);
        bytes memory bad = abi.encodeWithSelector(IVault.NotItsTrace.selector);
        bytes memory witness = abi.encode(chunks[0].post);
        vm.expectRevert(bad);
        vault.challenge(index, hashes, 3, chunks[1], chunks[0], witness);
        vm.expectRevert(bad);
        vault.challenge(index, hashes, 1, chunks[2], chunks[0], witness);
        vm.expectRevert(bad);
        vault.challenge(index, hashes, 1, chunks[1], chunks[2], witness);
        ISteps.Chunk memory other = chunks[1];
        other.batch = 4;
        vm.expectRevert(bad);
        vault.challenge(index, hashes, 1, other, chunks[0], witness);
        other.batch = 5;
        hashes[2] = 0;
        vm.expectRevert(bad);
        vault.challenge(index, hashes, 1, chunks[1], chunks[0], witness);
    }

    /// @notice Neither a witness of another state nor a chunk that nobody can execute says anything about the proposer.
    function test_what_shows_nothing_convicts_nobody() external {
        ISteps.Chunk[] memory chunks = _chunks(lastRoot(), 5, 2, 1);
        chunks[0].kind = 0;
        uint256 index = _propose(PROPOSER, chunks);
        bytes32[] memory hashes = _hashesOf(chunks);
        vm.expectRevert(abi.encodeWithSelector(ISteps.BadWitness.selector));
        vault.challenge(index, hashes, 1, chunks[1], chunks[0], abi.encode(rootAt(0)));
        vm.expectRevert(abi.encodeWithSelector(ISteps.NotProvable.selector, 0));
        vault.challenge(index, hashes, 0, chunks[0], chunks[0], abi.encode(rootAt(0)));
        assertEq(vault.proposals(), 2);
    }

    /// @notice Stands in for what cannot be executed; gains nothing, and reaches nothing that is final.
    function test_the_guardian_vetoes_what_is_not_final() external {
        _propose(PROPOSER, _chunks(lastRoot(), 5, 1, 9));
        vm.warp(block.timestamp + WINDOW - 1);
        _propose(PROPOSER, _chunks(lastRoot(), 6, 1, 9));
        _propose(TRADER, _chunks(lastRoot(), 7, 1, 9));
        vm.expectRevert(abi.encodeWithSelector(IVault.NotAllowed.selector, OWNER, GUARDIAN));
        vm.prank(OWNER);
        vault.veto(2);
        vm.warp(block.timestamp + 1);
        vm.expectRevert(abi.encodeWithSelector(IVault.NotPending.selector, 1));
        vm.prank(GUARDIAN);
        vault.veto(1);
        vm.expectEmit();
        emit IVault.Vetoed(2, PROPOSER);
        vm.prank(GUARDIAN);
        vault.veto(2);
        assertEq(vault.proposals(), 2);
        assertEq(token.balanceOf(BURNT), BOND);
        assertEq(token.balanceOf(GUARDIAN), 0);
        assertEq(vault.bondOf(TRADER), BOND);
        vm.prank(PROPOSER);
        assertEq(vault.takeBonds(), BOND);
        assertSolvent();
    }

    /// @notice Chunks that follow from `pre`, but for number `lie`.
    function _chunks(bytes32 pre, uint64 batch, uint256 count, uint256 lie)
        private
        pure
        returns (ISteps.Chunk[] memory chunks)
    {
        chunks = new ISteps.Chunk[](count);
        for (uint256 i = 0; i < count; i++) {
            bytes memory steps = abi.encode(i);
            pre = keccak256(abi.encode(pre, uint8(1), steps));
            if (i == lie) pre = keccak256(abi.encode("a lie", pre));
            chunks[i] = ISteps.Chunk(batch, 1, pre, steps);
        }
    }

    function _propose(address proposer, ISteps.Chunk[] memory chunks) private returns (uint256) {
        ISteps.Chunk memory last = chunks[chunks.length - 1];
        bytes32 parent = lastRoot();
        vm.prank(proposer, proposer);
        return vault.propose(parent, last.batch, last.post, chunks);
    }

    function _challenge(uint256 index, ISteps.Chunk[] memory chunks, uint256 place, bytes32 parent) private {
        ISteps.Chunk memory before = chunks[place == 0 ? 0 : place - 1];
        bytes32 pre = place == 0 ? parent : before.post;
        vm.prank(CHALLENGER);
        vault.challenge(index, _hashesOf(chunks), place, chunks[place], before, abi.encode(pre));
    }

    function _hashesOf(ISteps.Chunk[] memory chunks) private pure returns (bytes32[] memory hashes) {
        hashes = new bytes32[](chunks.length);
        for (uint256 i = 0; i < chunks.length; i++) {
            hashes[i] = keccak256(abi.encode(chunks[i]));
        }
    }
}

contract VaultParametersTest is VaultTest {
    bytes private constant MESSAGE = hex"0100000007cc";

    function setUp() external {
        openVault();
    }

    function test_parameters_wait_for_the_timelock() external {
        vm.expectRevert(abi.encodeWithSelector(IVault.TooEarly.selector));
        vault.enact(MESSAGE);
        vm.expectRevert(abi.encodeWithSelector(IVault.NotAllowed.selector, address(this), OWNER));
        vault.announce(MESSAGE);
        uint64 readyAt = uint64(block.timestamp) + TIMELOCK;
        vm.expectEmit();
        emit IVault.Announced(keccak256(MESSAGE), readyAt, MESSAGE);
        vm.prank(OWNER);
        vault.announce(MESSAGE);
        assertEq(vault.readyAt(keccak256(MESSAGE)), readyAt);
        vm.warp(readyAt - 1);
        vm.expectRevert(abi.encodeWithSelector(IVault.TooEarly.selector));
        vault.enact(MESSAGE);
        vm.warp(readyAt);
        vm.expectEmit();
        emit IVault.Enacted(2, MESSAGE);
        assertEq(vault.enact(MESSAGE), 2);
        assertEq(vault.messageDataHash(2), keccak256(MESSAGE));
        (,, uint64 inboxCount,) = settlements[0].settled();
        assertEq(inboxCount, 3);
        // Once only.
        vm.expectRevert(abi.encodeWithSelector(IVault.TooEarly.selector));
        vault.enact(MESSAGE);
    }

    function test_an_announcement_is_taken_back() external {
        vm.prank(OWNER);
        vault.announce(MESSAGE);
        vm.expectRevert(abi.encodeWithSelector(IVault.NotAllowed.selector, address(this), OWNER));
        vault.retract(MESSAGE);
        vm.prank(OWNER);
        vault.retract(MESSAGE);
        vm.expectRevert(abi.encodeWithSelector(IVault.TooEarly.selector));
        vm.prank(OWNER);
        vault.retract(MESSAGE);
        vm.warp(block.timestamp + TIMELOCK);
        vm.expectRevert(abi.encodeWithSelector(IVault.TooEarly.selector));
        vault.enact(MESSAGE);
    }

    /// @notice Nobody, the owner least of all, may tell the rollup of deposits that were not made, or of roots.
    function testFuzz_parameters_alone_can_be_announced(bytes calldata message) external {
        bool isSound = message.length > 1 && (message[0] == 0x01 || message[0] == 0x02);
        if (!isSound) vm.expectRevert(abi.encodeWithSelector(IVault.NotParameters.selector));
        vm.prank(OWNER);
        vault.announce(message);
    }
}
