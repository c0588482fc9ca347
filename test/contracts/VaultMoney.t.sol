// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Leaves} from "../../contracts/derivatives/Leaves.sol";
import {IVault} from "../../contracts/interfaces/IVault.sol";
import {VaultTest} from "./support/VaultTest.sol";

contract VaultWithdrawalTest is VaultTest {
    address private constant TO = address(0x70);

    function setUp() external {
        openVault();
        deposit(TRADER, OUTFLOW_MAX * 10);
    }

    /// @notice Whatever number of withdrawals there is, each is paid once, under any root that has it.
    function testFuzz_each_withdrawal_is_paid_once(uint256 count, uint256 place, uint96 amount) external {
        count = bound(count, 1, 40);
        place = bound(place, 0, count - 1);
        amount = uint96(bound(amount, 1, OUTFLOW_MAX));
        Leaves.Withdrawal memory withdrawal;
        for (uint256 i = 0; i < count; i++) {
            Leaves.Withdrawal memory each = addWithdrawal(TO, uint128(amount));
            if (i == place) withdrawal = each;
        }
        IVault.StateParts memory parts = partsAt(1);
        bytes32[] memory proof = proofOf(outbox, place);
        uint256 index = proposeRoot(rootOf(parts));
        vm.warp(block.timestamp + WINDOW - 1);
        vm.expectRevert(abi.encodeWithSelector(IVault.NotFinal.selector, index));
        vault.withdraw(index, parts, withdrawal, count, proof);
        vm.warp(block.timestamp + 1);
        assertTrue(!vault.isPaid(uint64(place)), "not yet");
        vm.expectEmit();
        emit IVault.Withdrawn(uint64(place), TO, amount);
        vault.withdraw(index, parts, withdrawal, count, proof);
        assertTrue(vault.isPaid(uint64(place)), "paid");
        assertEq(token.balanceOf(TO), amount);
        vm.expectRevert(abi.encodeWithSelector(IVault.AlreadyPaid.selector));
        vault.withdraw(index, parts, withdrawal, count, proof);
        // Not under a later root either, where its path is another.
        addWithdrawal(TO, 1);
        IVault.StateParts memory later = partsAt(2);
        index = finalizeRoot(rootOf(later));
        bytes32[] memory path = proofOf(outbox, place);
        vm.expectRevert(abi.encodeWithSelector(IVault.AlreadyPaid.selector));
        vault.withdraw(index, later, withdrawal, count + 1, path);
        assertSolvent();
    }

    function test_what_does_not_stand_under_the_root_is_not_paid() external {
        addWithdrawal(TO, 5);
        Leaves.Withdrawal memory withdrawal = addWithdrawal(TO, 7);
        addWithdrawal(TO, 9);
        IVault.StateParts memory parts = partsAt(1);
        uint256 index = finalizeRoot(rootOf(parts));
        bytes32[] memory proof = proofOf(outbox, 1);
        withdrawal.tokenAmount = 8;
        _refuse(index, parts, withdrawal, 3, proof);
        withdrawal.tokenAmount = 7;
        withdrawal.index = 2;
        _refuse(index, parts, withdrawal, 3, proof);
        // Places above the tree have the same lower bits.
        withdrawal.index = 5;
        _refuse(index, parts, withdrawal, 3, proof);
        withdrawal.index = 1;
        _refuse(index, parts, withdrawal, 4, proof);
        _refuse(index, parts, withdrawal, 2, proof);
        _refuse(index, parts, withdrawal, 3, new bytes32[](1));
        _refuse(index, parts, withdrawal, 3, new bytes32[](3));
        parts.batch = 2;
        _refuse(index, parts, withdrawal, 3, proof);
        parts.batch = 1;
        vm.expectRevert(abi.encodeWithSelector(IVault.NotFinal.selector, index + 1));
        vault.withdraw(index + 1, parts, withdrawal, 3, proof);
        vault.withdraw(index, parts, withdrawal, 3, proof);
        assertEq(token.balanceOf(TO), 7);
    }

    function test_so_much_leaves_within_a_window() external {
        uint128 third = OUTFLOW_MAX / 3;
        Leaves.Withdrawal[] memory all = new Leaves.Withdrawal[](5);
        for (uint256 i = 0; i < 4; i++) {
            all[i] = addWithdrawal(TO, third);
        }
        all[4] = addWithdrawal(TO, OUTFLOW_MAX);
        IVault.StateParts memory parts = partsAt(1);
        uint256 index = finalizeRoot(rootOf(parts));
        uint64 end = uint64(block.timestamp) + OUTFLOW_WINDOW;
        for (uint256 i = 0; i < 3; i++) {
            vault.withdraw(index, parts, all[i], 5, proofOf(outbox, i));
        }
        bytes32[] memory proof = proofOf(outbox, 3);
        vm.warp(end - 1);
        vm.expectRevert(abi.encodeWithSelector(IVault.OutflowExceeded.selector, third, end));
        vault.withdraw(index, parts, all[3], 5, proof);
        vm.warp(end);
        vault.withdraw(index, parts, all[3], 5, proof);
        proof = proofOf(outbox, 4);
        vm.expectRevert(
            abi.encodeWithSelector(IVault.OutflowExceeded.selector, OUTFLOW_MAX, end + OUTFLOW_WINDOW)
        );
        vault.withdraw(index, parts, all[4], 5, proof);
        vm.warp(end + OUTFLOW_WINDOW);
        vault.withdraw(index, parts, all[4], 5, proof);
        assertEq(token.balanceOf(TO), 4 * third + OUTFLOW_MAX);
    }

    /// @notice Not even a final root that is wrong reaches what is not the users'.
    function test_bonds_are_out_of_reach_of_any_root() external {
        // All that users have but for one unit.
        for (uint256 i = 0; i < 9; i++) {
            addWithdrawal(TO, OUTFLOW_MAX);
        }
        addWithdrawal(TO, OUTFLOW_MAX - 1);
        addWithdrawal(TO, 2);
        Leaves.Withdrawal memory huge = addWithdrawal(TO, 2 ** 96);
        IVault.StateParts memory parts = partsAt(1);
        uint256 index = finalizeRoot(rootOf(parts));
        for (uint256 i = 0; i < 10; i++) {
            vm.warp(block.timestamp + OUTFLOW_WINDOW);
            uint128 amount = i == 9 ? OUTFLOW_MAX - 1 : OUTFLOW_MAX;
            vault.withdraw(index, parts, Leaves.Withdrawal(uint64(i), 2, TO, amount), 12, proofOf(outbox, i));
        }
        assertEq(token.balanceOf(address(vault)), uint256(BOND) + 1);
        bytes32[] memory proof = proofOf(outbox, 10);
        vm.warp(block.timestamp + OUTFLOW_WINDOW);
        vm.expectRevert(abi.encodeWithSelector(IVault.NothingToPay.selector));
        vault.withdraw(index, parts, Leaves.Withdrawal(10, 2, TO, 2), 12, proof);
        proof = proofOf(outbox, 11);
        vm.expectRevert(abi.encodeWithSelector(IVault.NothingToPay.selector));
        vault.withdraw(index, parts, huge, 12, proof);
    }

    function _refuse(
        uint256 index,
        IVault.StateParts memory parts,
        Leaves.Withdrawal memory withdrawal,
        uint256 count,
        bytes32[] memory proof
    ) private {
        vm.expectRevert(abi.encodeWithSelector(IVault.NotInState.selector));
        vault.withdraw(index, parts, withdrawal, count, proof);
    }
}

contract VaultEscapeTest is VaultTest {
    uint32 private constant BTC = 7;
    uint32 private constant ETH = 9;
    uint128 private constant UNIT = 3e6;

    function setUp() external {
        openVault();
    }

    function test_it_is_frozen_when_nobody_proposes_what_is_settled() external {
        settle(1);
        uint64 from = vault.freezableAt();
        assertEq(from, block.timestamp + ESCAPE);
        vm.warp(from - 1);
        _refuseFreeze(IVault.TooEarly.selector, partsAt(0));
        vm.warp(from);
        vm.expectEmit();
        emit IVault.Frozen(0, 0, 0, 0);
        vault.freeze(partsAt(0), globals);
        assertEq(vault.escape().root, rootAt(0));
    }

    /// @notice Where there is nothing to propose, nobody can be late with it.
    function test_it_is_not_frozen_for_want_of_batches() external {
        vm.warp(block.timestamp + 2 * ESCAPE);
        _refuseFreeze(IVault.TooEarly.selector, partsAt(0));
        vault.touch();
        settle(1);
        _refuseFreeze(IVault.TooEarly.selector, partsAt(0));
        vm.expectRevert(abi.encodeWithSelector(IVault.NotLater.selector, 0, 1));
        vault.touch();
        vm.warp(block.timestamp + ESCAPE);
        vault.freeze(partsAt(0), globals);
    }

    /// @notice Who lies for as long as the delay and is then found out must not thereby freeze the vault.
    function test_a_removed_lie_gives_time_for_the_truth() external {
        proposeRoot("a lie");
        vm.warp(block.timestamp + WINDOW - 1);
        proposeRoot("another");
        settle(nextBatch());
        vm.prank(GUARDIAN);
        vault.veto(1);
        uint64 from = vault.freezableAt();
        assertEq(from, block.timestamp + ESCAPE);
        vm.warp(from - 1);
        _refuseFreeze(IVault.TooEarly.selector, partsAt(0));
        vm.warp(from);
        vault.freeze(partsAt(0), globals);
    }

    function test_it_is_frozen_at_once_when_the_sequencer_is_gone() external {
        settlements[0].enqueue("unread");
        vm.warp(block.timestamp + 5 days);
        _refuseFreeze(IVault.TooEarly.selector, partsAt(0));
        settlements[0].escape();
        vault.freeze(partsAt(0), globals);
        vm.expectRevert(abi.encodeWithSelector(IVault.IsFrozen.selector));
        vault.freeze(partsAt(0), globals);
    }

    function test_it_is_frozen_at_the_last_final_root_alone() external {
        settle(3);
        globals.deposited = 1;
        uint256 index = proposeRoot(rootAt(1));
        settlements[0].enqueue("unread");
        vm.warp(block.timestamp + 5 days);
        globals.deposited = 2;
        proposeRoot(rootAt(2));
        proposeRoot(keccak256("third"));
        settlements[0].escape();
        _refuseFreeze(IVault.NotInState.selector, partsAt(2));
        globals.deposited = 1;
        IVault.StateParts memory parts = partsAt(1);
        globals.deposited = 3;
        _refuseFreeze(IVault.NotInState.selector, parts);
        globals.deposited = 1;
        vault.freeze(parts, globals);
        assertEq(vault.proposals(), index + 1);
        // The first had become free, and was staked again.
        assertEq(vault.bondOf(PROPOSER), 2 * BOND);
        assertSolvent();
        vm.prank(PROPOSER);
        vault.takeBonds();
        assertEq(token.balanceOf(address(vault)), 0);
    }

    function test_nothing_begins_in_a_frozen_vault() external {
        _escape();
        bytes memory notFrozen = abi.encodeWithSelector(IVault.NotFrozen.selector);
        IVault.StateParts memory parts = partsAt(0);
        IVault.Place memory place;
        Leaves.Market memory market;
        Leaves.MarketParameters memory parameters;
        vm.expectRevert(notFrozen);
        vault.mark(parts, market, parameters, place);
        vm.expectRevert(notFrozen);
        vault.exit(parts, emptyAccount(TRADER, 1), place);
        vm.expectRevert(notFrozen);
        vault.refund(0, TRADER, 0, 1);
        vault.freeze(parts, globals);
        bytes memory frozen = abi.encodeWithSelector(IVault.IsFrozen.selector);
        vm.expectRevert(frozen);
        vault.deposit(0, 1);
        vm.expectRevert(frozen);
        vault.touch();
        vm.expectRevert(frozen);
        vm.prank(GUARDIAN);
        vault.veto(0);
        vm.expectRevert(frozen);
        vm.prank(OWNER);
        vault.announce(hex"0101");
        vm.expectRevert(frozen);
        vault.enact(hex"0101");
    }

    /// @notice By hand: long 20 of one, short 5 of the other, with funding on both.
    function test_an_account_is_worth_its_cash_and_positions_at_the_marks() external {
        deposit(TRADER, 10_000e6);
        globals.deposited = 10_000e12;
        globals.l1Index = 3;
        Leaves.MarketParameters memory parameters = parametersOf(UNIT);
        Leaves.Market memory btc = addMarket(BTC, parameters, 1_000_000, 500e6);
        Leaves.Market memory eth = addMarket(ETH, parameters, 50_000, -2e6);
        addAccount(emptyAccount(address(0), 0));
        Leaves.Account memory account = emptyAccount(TRADER, -40e12);
        account.positions = new Leaves.Position[](2);
        account.positions[0] = Leaves.Position(BTC, 20, 100e6, 1);
        account.positions[1] = Leaves.Position(ETH, -5, 1e6, 1);
        addAccount(account);
        // -40 + 20 * 3 - 20 * 0.0004 - 5 * 0.15 - 0.000015
        uint256 quanta = 19_241_985e6;
        globals.sumPositiveEquity = uint128(quanta);
        IVault.StateParts memory parts = _freezeAt(1);
        IVault.Place memory place = placeOf(accounts, 1);
        vm.expectRevert(abi.encodeWithSelector(IVault.NotMarked.selector, BTC));
        vault.exit(parts, account, place);
        vm.expectEmit();
        emit IVault.Marked(BTC, uint256(UNIT) * 1_000_000, 500e6);
        vault.mark(parts, btc, parameters, placeOf(markets, 0));
        vm.expectRevert(abi.encodeWithSelector(IVault.NotMarked.selector, ETH));
        vault.exit(parts, account, place);
        _refuseMarks(parts, eth, parameters);
        vault.mark(parts, eth, parameters, placeOf(markets, 1));

        uint256 before = token.balanceOf(TRADER);
        vm.expectEmit();
        emit IVault.Exited(1, TRADER, uint96(quanta / QUANTA));
        assertEq(vault.exit(parts, account, place), quanta / QUANTA);
        assertEq(token.balanceOf(TRADER) - before, quanta / QUANTA);
        assertTrue(vault.hasExited(1) && !vault.hasExited(0), "once");
        vm.expectRevert(abi.encodeWithSelector(IVault.AlreadyPaid.selector));
        vault.exit(parts, account, place);
        vm.expectRevert(abi.encodeWithSelector(IVault.NoAddress.selector));
        vault.exit(parts, emptyAccount(address(0), 0), placeOf(accounts, 0));
        account.cash++;
        vm.expectRevert(abi.encodeWithSelector(IVault.NotInState.selector));
        vault.exit(parts, account, place);
        assertSolvent();
    }

    struct World {
        uint256 count;
        uint256 pool;
        uint256 sum;
        uint256 unclaimed;
        uint256 undone;
        uint256 paid;
    }

    /// @notice Whatever accounts have, owe, withdraw and deposit: everyone has its part, in any order, and what is left are
    /// fractions of the smallest unit for each, and what was nobody's.
    function testFuzz_nothing_is_created_or_lost(uint256 seed) external {
        World memory world;
        world.count = bound(seed, 1, 12);
        uint96 in_;
        for (uint256 i = 0; i < world.count; i++) {
            uint96 amount = uint96(bound(_random(seed, "in", i), 1, 1e12));
            deposit(_ownerAt(i), amount);
            in_ += amount;
        }
        globals.deposited = uint128(in_ * QUANTA);
        (,, globals.l1Index) = vault.totals();
        world.unclaimed = in_ / bound(_random(seed, "out", 0), 2, 9);
        Leaves.Withdrawal memory withdrawal = addWithdrawal(address(0x70), uint128(world.unclaimed));
        world.pool = in_ - world.unclaimed;
        int128[] memory cash = new int128[](world.count);
        for (uint256 i = 0; i < world.count; i++) {
            // Sometimes more than there is, sometimes less than nothing.
            cash[i] =
                int128(int256(bound(_random(seed, "cash", i), 0, 2 * uint256(in_) * QUANTA / world.count)));
            if (_random(seed, "debt", i) % 4 == 0) cash[i] = -cash[i];
            if (cash[i] > 0) world.sum += uint128(cash[i]);
            addAccount(emptyAccount(_ownerAt(i), cash[i]));
        }
        globals.sumPositiveEquity = uint128(world.sum);
        IVault.StateParts memory parts = partsAt(1);
        proposeRoot(rootOf(parts));
        vm.warp(block.timestamp + WINDOW);
        for (uint256 i = 0; i < 3; i++) {
            world.undone += i + 1;
            deposit(_ownerAt(i), uint96(i + 1));
        }
        _escape();
        vault.freeze(parts, globals);
        assertEq(vault.escape().pool, world.pool);
        _refuseRefund(seed, world.count - 1);
        _refuseRefunds();
        for (uint64 i = 1; i < 3; i++) {
            vault.refund(globals.l1Index + i, _ownerAt(i), 0, uint96(i) + 1);
        }
        for (uint256 i = 0; i < world.count; i++) {
            uint256 share = cash[i] <= 0 ? 0 : uint256(uint128(cash[i]));
            if (world.pool * QUANTA < world.sum) share = share * world.pool * QUANTA / world.sum;
            IVault.Place memory place = placeOf(accounts, i);
            if (share / QUANTA == 0) vm.expectRevert(abi.encodeWithSelector(IVault.NothingToPay.selector));
            world.paid += vault.exit(parts, emptyAccount(_ownerAt(i), cash[i]), place);
            assertEq(vault.hasExited(i) ? 1 : 0, share / QUANTA == 0 ? 0 : 1);
        }
        vault.withdraw(1, parts, withdrawal, 1, new bytes32[](0));
        assertSolvent();
        (uint96 deposited, uint96 paid,) = vault.totals();
        assertEq(paid, world.undone + world.unclaimed + world.paid);
        assertEq(deposited - paid, world.pool - world.paid);
        uint256 due = world.sum / QUANTA < world.pool ? world.sum / QUANTA : world.pool;
        assertTrue(world.paid <= due && due - world.paid <= world.count, "all but fractions");
        vm.prank(PROPOSER);
        vault.takeBonds();
        assertEq(token.balanceOf(address(vault)), world.pool - world.paid);
    }

    /// @notice A root under which more is there than was ever put in pays what there is.
    function test_no_root_makes_more_than_there_is() external {
        deposit(TRADER, 5);
        globals.deposited = 9e6;
        globals.sumPositiveEquity = 9e6;
        addAccount(emptyAccount(TRADER, 9e6));
        IVault.StateParts memory parts = _freezeAt(1);
        assertEq(vault.escape().pool, 5);
        assertEq(vault.exit(parts, emptyAccount(TRADER, 9e6), placeOf(accounts, 0)), 5);
    }

    function test_a_root_that_pays_out_more_than_came_in_leaves_nothing() external {
        deposit(TRADER, 5);
        globals.withdrawn = 9e6;
        _freezeAt(1);
        assertEq(vault.escape().pool, 0);
    }

    /// @notice Who waits for a withdrawal does not wait behind another once nobody can steal any more.
    function test_a_frozen_vault_pays_withdrawals_without_a_bound() external {
        deposit(TRADER, 2 * OUTFLOW_MAX);
        Leaves.Withdrawal memory withdrawal = addWithdrawal(TRADER, 2 * OUTFLOW_MAX);
        globals.deposited = uint128(2 * OUTFLOW_MAX * QUANTA);
        IVault.StateParts memory parts = _freezeAt(1);
        vault.withdraw(1, parts, withdrawal, 1, new bytes32[](0));
        assertEq(token.balanceOf(address(vault)), BOND);
    }

    /// @dev Of the last deposit that was taken in, in its own words.
    function _refuseRefund(uint256 seed, uint256 last) private {
        uint96 amount = uint96(bound(_random(seed, "in", last), 1, 1e12));
        uint64 number = globals.l1Index - 1;
        bytes memory message = abi.encodePacked(uint8(0), _ownerAt(last), uint16(0), amount);
        assertEq(vault.messageDataHash(number), keccak256(message));
        vm.expectRevert(abi.encodeWithSelector(IVault.NothingToPay.selector));
        vault.refund(number, _ownerAt(last), 0, amount);
    }

    function _refuseRefunds() private {
        bytes memory nothing = abi.encodeWithSelector(IVault.NothingToPay.selector);
        uint64 from = globals.l1Index;
        address owner = _ownerAt(0);
        // One that was taken in, one of other words, one that is not there.
        (uint64[3] memory numbers, uint96[3] memory amounts) =
            ([from - 1, from, from + 3], [uint96(1), uint96(2), uint96(1)]);
        for (uint256 i = 0; i < 3; i++) {
            vm.expectRevert(nothing);
            vault.refund(numbers[i], owner, 0, amounts[i]);
        }
        vm.expectRevert(nothing);
        vault.refund(from, owner, 1, 1);
        vault.refund(from, owner, 0, 1);
        vm.expectRevert(nothing);
        vault.refund(from, owner, 0, 1);
    }

    function _refuseMarks(
        IVault.StateParts memory parts,
        Leaves.Market memory market,
        Leaves.MarketParameters memory parameters
    ) private {
        bytes memory bad = abi.encodeWithSelector(IVault.NotInState.selector);
        IVault.Place memory place = placeOf(markets, 1);
        IVault.Place memory other = placeOf(markets, 0);
        vm.expectRevert(bad);
        vault.mark(parts, market, parameters, other);
        market.markTicks++;
        vm.expectRevert(bad);
        vault.mark(parts, market, parameters, place);
        market.markTicks--;
        parameters.unit++;
        vm.expectRevert(bad);
        vault.mark(parts, market, parameters, place);
        parameters.unit--;
        parts.batch++;
        vm.expectRevert(bad);
        vault.mark(parts, market, parameters, place);
        parts.batch--;
    }

    function _freezeAt(uint64 batch) private returns (IVault.StateParts memory parts) {
        parts = partsAt(batch);
        finalizeRoot(rootOf(parts));
        _escape();
        vault.freeze(parts, globals);
    }

    /// @dev By a message that nobody reads.
    function _escape() private {
        settlements[0].enqueue("unread");
        vm.warp(block.timestamp + 5 days);
        settlements[0].escape();
    }

    function _refuseFreeze(bytes4 reason, IVault.StateParts memory parts) private {
        vm.expectRevert(abi.encodeWithSelector(reason));
        vault.freeze(parts, globals);
    }

    function _ownerAt(uint256 index) private pure returns (address) {
        return address(uint160(0x5000 + index));
    }

    function _random(uint256 seed, string memory what, uint256 index) private pure returns (uint256) {
        return uint256(keccak256(abi.encode(seed, what, index)));
    }
}
