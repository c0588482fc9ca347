// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ISettlement} from "../../contracts/interfaces/ISettlement.sol";
import {RollupId} from "../../contracts/interfaces/IRollups.sol";
import {ISteps} from "../../contracts/interfaces/ISteps.sol";
import {IVault} from "../../contracts/interfaces/IVault.sol";
import {VaultTest} from "./support/VaultTest.sol";

/// @notice A token that calls back whoever moves it.
contract CallingToken {
    bytes private _call;

    function prepare(bytes calldata call) external {
        _call = call;
    }

    function transferFrom(address, address, uint256) external returns (bool) {
        (bool ok, bytes memory reason) = msg.sender.call(_call);
        assembly ("memory-safe") {
            if iszero(ok) { revert(add(reason, 0x20), mload(reason)) }
        }
        return true;
    }
}

contract VaultOpeningTest is VaultTest {
    function setUp() external {
        openVault();
    }

    function test_what_is_fixed_can_be_read() external view {
        assertEq(keccak256(abi.encode(vault.terms())), keccak256(abi.encode(termsOf())));
        assertTrue(address(vault.TOKEN()) == address(token), "token");
        assertTrue(address(vault.SETTLEMENT()) == address(settlements[0]), "settlement");
        assertTrue(address(vault.STEPS()).code.length != 0, "steps");
        assertEq(vault.proposals(), 1);
        assertEq(vault.lastFinal(), 0);
        assertEq(vault.proposalAt(0).root, rootAt(0));
        assertEq(vault.escape().root, 0);
    }

    /// @notice The first parameters are the first messages of the inbox.
    function test_the_first_parameters_are_sent_with_it() external view {
        (,, uint64 messages) = vault.totals();
        assertEq(messages, 2);
        (,, uint64 inboxCount,) = settlements[0].settled();
        assertEq(inboxCount, 2);
        bytes32 chain;
        bytes[2] memory data = [bytes(hex"0100000007aa"), hex"02bb"];
        for (uint64 i = 0; i < 2; i++) {
            bytes32 message = settlements[0].messageHash(i, address(vault), uint64(block.timestamp), data[i]);
            chain = keccak256(abi.encode(chain, message));
        }
        assertEq(settlements[0].inboxHash(2), chain);
        assertSolvent();
    }

    function test_an_unsound_vault_cannot_be_made() external {
        bytes[] memory none = new bytes[](0);
        IVault.Terms memory terms = termsOf();
        terms.owner = address(0);
        _refuse(IVault.NoAddress.selector, terms, none);
        (terms = termsOf()).bond = 0;
        _refuse(IVault.NotSound.selector, terms, none);
        (terms = termsOf()).challengeWindow = 0;
        _refuse(IVault.NotSound.selector, terms, none);
        (terms = termsOf()).escapeDelay = 0;
        _refuse(IVault.NotSound.selector, terms, none);
        (terms = termsOf()).outflowWindow = 0;
        _refuse(IVault.NotSound.selector, terms, none);
        (terms = termsOf()).outflowMax = 0;
        _refuse(IVault.NotSound.selector, terms, none);
        bytes[] memory messages = new bytes[](1);
        messages[0] = hex"00ff";
        _refuse(IVault.NotParameters.selector, termsOf(), messages);
    }

    function test_a_vault_needs_contracts_around_it() external {
        address none = address(0x1234);
        address some = address(settlements[0]);
        bytes memory reason = abi.encodeWithSelector(IVault.NoAddress.selector);
        for (uint256 i = 0; i < 3; i++) {
            vm.expectRevert(reason);
            this.make(
                i == 0 ? none : some,
                i == 1 ? none : address(token),
                i == 2 ? none : some,
                bytes32(uint256(1))
            );
        }
        vm.expectRevert(abi.encodeWithSelector(IVault.NotSound.selector));
        this.make(some, address(token), some, 0);
    }

    /// @notice A token that calls back comes to a door that is shut.
    function test_nothing_is_called_out_of_a_transfer() external {
        CallingToken caller = new CallingToken();
        IVault other = this.make(address(settlements[0]), address(caller), address(vault.STEPS()), rootAt(0));
        caller.prepare(abi.encodeCall(IVault.deposit, (0, 1)));
        vm.expectRevert(abi.encodeWithSelector(IVault.Reentered.selector));
        other.deposit(0, 1);
        caller.prepare(abi.encodeCall(IVault.proposals, ()));
        other.deposit(0, 1);
        other.deposit(0, 1);
    }

    function make(address settlement, address token_, address steps, bytes32 genesis)
        external
        returns (IVault)
    {
        bytes memory arguments = abi.encode(settlement, token_, steps, genesis, termsOf(), new bytes[](0));
        return IVault(deployArtifact("derivatives/Vault.sol/Vault", arguments));
    }

    function make(IVault.Terms memory terms, bytes[] memory messages) external {
        deployVault(terms, rootAt(0), messages);
    }

    function _refuse(bytes4 reason, IVault.Terms memory terms, bytes[] memory messages) private {
        vm.expectRevert(abi.encodeWithSelector(reason));
        this.make(terms, messages);
    }
}

contract VaultDepositTest is VaultTest {
    function setUp() external {
        openVault();
    }

    /// @notice The message is packed, numbered behind the parameters, and the token has moved.
    function testFuzz_a_deposit_is_a_message(address owner, uint16 subId, uint96 amount) external {
        vm.assume(owner != address(0) && amount != 0);
        amount %= 2 ** 79;
        amount += 1;
        uint64 now_ = uint64(block.timestamp);
        vm.expectEmit();
        emit IVault.Deposited(owner, subId, 2, TRADER, amount);
        vm.expectEmit();
        emit ISettlement.InboxMessage(
            RollupId.wrap(0), 2, address(vault), now_, abi.encodePacked(uint8(0), owner, subId, amount)
        );
        vm.prank(TRADER);
        assertEq(vault.depositFor(owner, subId, amount), 2);
        (uint96 deposited, uint96 paid, uint64 messages) = vault.totals();
        assertEq(deposited, amount);
        assertEq(paid, 0);
        assertEq(messages, 3);
        assertEq(vault.messageDataHash(2), keccak256(abi.encodePacked(uint8(0), owner, subId, amount)));
        assertEq(vault.messageDataHash(3), 0);
        assertSolvent();
    }

    function test_who_deposits_does_so_for_itself() external {
        vm.prank(TRADER);
        uint64 number = vault.deposit(9, 5);
        bytes memory message = abi.encodePacked(uint8(0), TRADER, uint16(9), uint96(5));
        assertEq(vault.messageDataHash(number), keccak256(message));
        assertEq(token.balanceOf(address(vault)), 5);
    }

    function test_nobody_deposits_nothing_or_for_nobody() external {
        vm.expectRevert(abi.encodeWithSelector(IVault.NoAmount.selector));
        vault.deposit(0, 0);
        vm.expectRevert(abi.encodeWithSelector(IVault.NoAddress.selector));
        vault.depositFor(address(0), 1, 1);
        // The insurance fund is one that anybody may fill.
        deposit(address(0), 1);
        assertEq(token.balanceOf(address(vault)), 1);
    }
}

contract VaultProposalTest is VaultTest {
    function setUp() external {
        openVault();
        settle(10);
    }

    function test_a_proposal_stakes_a_bond_and_is_told_to_the_rollup() external {
        ISteps.Chunk[] memory chunks = _chunks(4, 2);
        bytes32 root = chunks[1].post;
        bytes32 trace =
            keccak256(abi.encodePacked(keccak256(abi.encode(chunks[0])), keccak256(abi.encode(chunks[1]))));
        bytes32 parent = rootAt(0);
        uint64 now_ = uint64(block.timestamp);
        vm.expectEmit();
        emit IVault.Proposed(1, 4, PROPOSER, root, trace);
        vm.expectEmit();
        emit ISettlement.InboxMessage(
            RollupId.wrap(0), 2, address(vault), now_, abi.encodePacked(uint8(3), uint64(4), root)
        );
        vm.prank(PROPOSER, PROPOSER);
        assertEq(vault.propose(parent, 4, root, chunks), 1);
        IVault.Proposal memory proposal = vault.proposalAt(1);
        assertEq(proposal.root, root);
        assertEq(proposal.trace, trace);
        assertTrue(proposal.proposer == PROPOSER && proposal.batch == 4, "of whom and what");
        assertEq(proposal.proposedAt, now_);
        assertEq(token.balanceOf(address(vault)), BOND);
        (,, uint64 messages) = vault.totals();
        assertEq(messages, 2);
        assertSolvent();
    }

    function test_nothing_stands_between_the_proposer_and_the_vault() external {
        ISteps.Chunk[] memory chunks = _chunks(4, 1);
        bytes32 parent = rootAt(0);
        bytes memory reason = abi.encodeWithSelector(IVault.NotDirect.selector, PROPOSER);
        vm.expectRevert(reason);
        vm.prank(PROPOSER, TRADER);
        vault.propose(parent, 4, chunks[0].post, chunks);
        // An account that has been given code calls what it likes.
        address delegated = address(settlements[0]);
        vm.expectRevert(abi.encodeWithSelector(IVault.NotDirect.selector, delegated));
        vm.prank(delegated, delegated);
        vault.propose(parent, 4, chunks[0].post, chunks);
    }

    function test_what_is_not_settled_is_not_proposed() external {
        ISteps.Chunk[] memory chunks = _chunks(11, 1);
        _refuse(abi.encodeWithSelector(IVault.NotSettled.selector, 11, 10), rootAt(0), 11, chunks);
        settle(11);
        _propose(rootAt(0), 11, chunks);
    }

    function test_a_root_extends_the_last_one() external {
        ISteps.Chunk[] memory chunks = _chunks(4, 1);
        _refuse(abi.encodeWithSelector(IVault.NotLater.selector, 0, 0), rootAt(0), 0, chunks);
        bytes32 other = keccak256("other");
        _refuse(abi.encodeWithSelector(IVault.NotLast.selector, other, rootAt(0)), other, 4, chunks);
        _propose(rootAt(0), 4, chunks);
        _refuse(abi.encodeWithSelector(IVault.NotLast.selector, rootAt(0), lastRoot()), rootAt(0), 5, chunks);
        _refuse(abi.encodeWithSelector(IVault.NotLater.selector, 4, 4), lastRoot(), 4, chunks);
        _propose(lastRoot(), 5, _chunks(5, 1));
        assertEq(vault.proposals(), 3);
    }

    function test_chunks_that_leave_a_challenger_nothing_to_show_are_refused() external {
        _propose(rootAt(0), 4, _chunks(4, 1));
        bytes memory bad = abi.encodeWithSelector(IVault.BadChunks.selector);
        _refuse(bad, lastRoot(), 8, new ISteps.Chunk[](0), keccak256("root"));
        // Of a batch before, or behind, or not in their order.
        _refuse(bad, lastRoot(), 8, _chunks(4, 1));
        _refuse(bad, lastRoot(), 8, _chunks(9, 1));
        ISteps.Chunk[] memory chunks = _chunks(6, 2);
        chunks[0].batch = 7;
        _refuse(bad, lastRoot(), 8, chunks);
        chunks[0].batch = 5;
        chunks[1].kind = 6;
        _refuse(bad, lastRoot(), 8, chunks);
        chunks[1].kind = 5;
        chunks[1].steps = new bytes(49_153);
        _refuse(bad, lastRoot(), 8, chunks);
        chunks[1].steps = new bytes(49_152);
        _refuse(bad, lastRoot(), 8, chunks, keccak256("another root"));
        chunks[1].post = 0;
        _refuse(bad, lastRoot(), 8, chunks);
        chunks[1].post = keccak256("root");
        _propose(lastRoot(), 8, chunks);
    }

    /// @notice Bonds come free with time, and are staked again without a transfer.
    function test_a_free_bond_is_staked_again() external {
        uint256 before = token.balanceOf(PROPOSER);
        _propose(rootAt(0), 1, _chunks(1, 1));
        vm.warp(block.timestamp + WINDOW - 1);
        vm.expectRevert(abi.encodeWithSelector(IVault.NothingToPay.selector));
        vm.prank(PROPOSER);
        vault.takeBonds();
        assertEq(vault.lastFinal(), 0);
        vm.warp(block.timestamp + 1);
        assertEq(vault.lastFinal(), 1);
        _propose(lastRoot(), 2, _chunks(2, 1));
        assertEq(token.balanceOf(PROPOSER), before - BOND);
        vm.warp(block.timestamp + WINDOW);
        vm.prank(PROPOSER);
        assertEq(vault.takeBonds(), BOND);
        assertEq(token.balanceOf(PROPOSER), before);
        assertEq(token.balanceOf(address(vault)), 0);
    }

    function test_so_many_wait_at_most() external {
        settle(300);
        for (uint64 batch = 1; batch <= 257; batch++) {
            if (batch == 257) {
                _refuse(abi.encodeWithSelector(IVault.TooMany.selector), lastRoot(), batch, _chunks(batch, 1));
            } else {
                _propose(lastRoot(), batch, _chunks(batch, 1));
            }
        }
        vm.warp(block.timestamp + WINDOW);
        _propose(lastRoot(), 257, _chunks(257, 1));
        assertEq(vault.bondOf(PROPOSER), 255 * uint256(BOND));
        assertSolvent();
    }

    function _chunks(uint64 batch, uint256 count) private pure returns (ISteps.Chunk[] memory chunks) {
        chunks = new ISteps.Chunk[](count);
        for (uint256 i = 0; i < count; i++) {
            chunks[i] = ISteps.Chunk(batch, 0, keccak256(abi.encode(batch, i)), "");
        }
    }

    function _propose(bytes32 parent, uint64 batch, ISteps.Chunk[] memory chunks) private {
        vm.prank(PROPOSER, PROPOSER);
        vault.propose(parent, batch, chunks[chunks.length - 1].post, chunks);
    }

    function _refuse(bytes memory reason, bytes32 parent, uint64 batch, ISteps.Chunk[] memory chunks)
        private
    {
        _refuse(reason, parent, batch, chunks, chunks[chunks.length - 1].post);
    }

    function _refuse(
        bytes memory reason,
        bytes32 parent,
        uint64 batch,
        ISteps.Chunk[] memory chunks,
        bytes32 root
    ) private {
        vm.expectRevert(reason);
        vm.prank(PROPOSER, PROPOSER);
        vault.propose(parent, batch, root, chunks);
    }
}
