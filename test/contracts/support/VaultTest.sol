// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Leaves} from "../../../contracts/derivatives/Leaves.sol";
import {ISettlement} from "../../../contracts/interfaces/ISettlement.sol";
import {ISteps} from "../../../contracts/interfaces/ISteps.sol";
import {IVault} from "../../../contracts/interfaces/IVault.sol";
import {SettlementTest} from "./SettlementTest.sol";

/// @notice A rollup whose states are a hash chain over its steps, so that a test can tell any truth and any lie. Steps that
/// begin with 0xff are not allowed; the witness is the state itself.
contract HashSteps is ISteps {
    function execute(bytes32 pre, ISteps.Chunk calldata chunk, bytes calldata witness)
        external
        pure
        returns (bytes32)
    {
        if (chunk.kind == 0) revert NotProvable(0);
        if (keccak256(witness) != keccak256(abi.encode(pre))) revert BadWitness();
        if (chunk.steps.length != 0 && chunk.steps[0] == 0xff) return 0;
        return keccak256(abi.encode(pre, chunk.kind, chunk.steps));
    }
}

/// @notice A vault on a settlement, and states of a rollup to propose to it.
abstract contract VaultTest is SettlementTest {
    address internal constant GUARDIAN = address(0x6a4d);
    address internal constant PROPOSER = address(0x9409);
    address internal constant CHALLENGER = address(0xc4a1);
    address internal constant TRADER = address(0x74ad);
    address internal constant BURNT = address(0xdead);
    uint96 internal constant BOND = 1_001e6;
    uint40 internal constant WINDOW = 3 days;
    uint40 internal constant ESCAPE = 7 days;
    uint40 internal constant TIMELOCK = 2 days;
    uint40 internal constant OUTFLOW_WINDOW = 1 days;
    uint96 internal constant OUTFLOW_MAX = 1_000_000e6;
    uint256 internal constant QUANTA = 1e6;

    IVault internal vault;

    /// @dev The leaves of the state at hand, by tree.
    bytes32[] internal accounts;
    bytes32[] internal markets;
    bytes32[] internal outbox;
    Leaves.Globals internal globals;

    function openVault() internal {
        vm.warp(1_800_000_000);
        open(1);
        bytes[] memory messages = new bytes[](2);
        messages[0] = hex"0100000007aa";
        messages[1] = hex"02bb";
        vault = deployVault(termsOf(), rootAt(0), messages);
        for (uint256 i = 0; i < 3; i++) {
            address who = [PROPOSER, CHALLENGER, TRADER][i];
            token.mint(who, 2 ** 80);
            vm.prank(who);
            token.approve(address(vault), type(uint256).max);
        }
    }

    function deployVault(IVault.Terms memory terms, bytes32 genesis, bytes[] memory messages)
        internal
        returns (IVault)
    {
        ISteps steps = new HashSteps();
        bytes memory arguments = abi.encode(settlements[0], token, steps, genesis, terms, messages);
        return IVault(deployArtifact("derivatives/Vault.sol/Vault", arguments));
    }

    function termsOf() internal pure returns (IVault.Terms memory) {
        return IVault.Terms({
            owner: OWNER,
            guardian: GUARDIAN,
            bond: BOND,
            challengeWindow: WINDOW,
            escapeDelay: ESCAPE,
            timelock: TIMELOCK,
            outflowWindow: OUTFLOW_WINDOW,
            outflowMax: OUTFLOW_MAX
        });
    }

    /// @notice Settles so many batches, with every message read, so that none of them is ever overdue.
    function settle(uint64 batches) internal {
        ISettlement.Totals memory totals = totalsOf(1, batches);
        (,, totals.inboxRead,) = settlements[0].settled();
        totals.inboxHash = settlements[0].inboxHash(totals.inboxRead);
        settlements[0].settle(anchor(leafOf(0, totals)), totals, new bytes32[](0));
    }

    /// @notice Proposes a root for one more batch, by one chunk that nobody can execute here, and lets it become final.
    function finalizeRoot(bytes32 root) internal returns (uint256 index) {
        index = proposeRoot(root);
        vm.warp(block.timestamp + WINDOW);
    }

    function proposeRoot(bytes32 root) internal returns (uint256 index) {
        uint64 batch = vault.proposalAt(vault.proposals() - 1).batch + 1;
        if (nextBatch() == batch) settle(batch);
        ISteps.Chunk[] memory chunks = new ISteps.Chunk[](1);
        chunks[0] = ISteps.Chunk(batch, 0, root, "");
        bytes32 parent = lastRoot();
        vm.prank(PROPOSER, PROPOSER);
        return vault.propose(parent, batch, root, chunks);
    }

    function nextBatch() internal view returns (uint64) {
        (uint64 batches,,,) = settlements[0].settled();
        return batches + 1;
    }

    function lastRoot() internal view returns (bytes32) {
        return vault.proposalAt(vault.proposals() - 1).root;
    }

    function deposit(address owner, uint96 amount) internal returns (uint64) {
        vm.prank(TRADER);
        return vault.depositFor(owner, 0, amount);
    }

    function partsAt(uint64 batch) internal view returns (IVault.StateParts memory) {
        return IVault.StateParts({
            batch: batch,
            accounts: treeOf(accounts),
            orders: treeOf(new bytes32[](0)),
            markets: treeOf(markets),
            series: treeOf(new bytes32[](0)),
            outbox: treeOf(outbox),
            globals: keccak256(abi.encode(globals))
        });
    }

    function rootAt(uint64 batch) internal view returns (bytes32) {
        return rootOf(partsAt(batch));
    }

    function rootOf(IVault.StateParts memory parts) internal pure returns (bytes32) {
        return keccak256(abi.encode(uint256(1), uint256(0), parts));
    }

    function treeOf(bytes32[] memory leaves) internal pure returns (bytes32) {
        return keccak256(abi.encode(leaves.length, rootOf(leaves)));
    }

    function placeOf(bytes32[] memory leaves, uint256 index) internal pure returns (IVault.Place memory) {
        return IVault.Place(index, leaves.length, proofOf(leaves, index));
    }

    function addWithdrawal(address to, uint128 amount)
        internal
        returns (Leaves.Withdrawal memory withdrawal)
    {
        withdrawal = Leaves.Withdrawal(uint64(outbox.length), 2, to, amount);
        outbox.push(keccak256(abi.encode(withdrawal)));
        globals.withdrawn += amount * uint128(QUANTA);
    }

    function emptyAccount(address owner, int128 cash) internal pure returns (Leaves.Account memory) {
        return Leaves.Account(owner, 0, cash, 0, 0, 0, 0, new Leaves.Position[](0));
    }

    function addAccount(Leaves.Account memory account) internal returns (uint256 index) {
        index = accounts.length;
        accounts.push(keccak256(abi.encode(account)));
    }

    function parametersOf(uint128 unit) internal pure returns (Leaves.MarketParameters memory parameters) {
        parameters.unit = unit;
        parameters.tiers = new Leaves.Tier[](2);
        parameters.tiers[1] = Leaves.Tier(5, 6, 7);
    }

    function addMarket(
        uint32 id,
        Leaves.MarketParameters memory parameters,
        uint32 markTicks,
        int128 fundingIndex
    ) internal returns (Leaves.Market memory market) {
        market.id = id;
        market.parametersHash = keccak256(abi.encode(parameters));
        market.markTicks = markTicks;
        market.fundingIndex = fundingIndex;
        markets.push(keccak256(abi.encode(market)));
    }

    /// @notice What the vault has is what users put in less what was paid, and the bonds.
    function assertSolvent() internal view {
        (uint96 deposited, uint96 paid,) = vault.totals();
        uint256 bonds = vault.bondOf(PROPOSER) + vault.bondOf(CHALLENGER) + vault.bondOf(TRADER);
        uint256 standing;
        for (uint256 i = 1; i < vault.proposals(); i++) {
            standing += BOND;
        }
        // Those that are final have been set free already, once anybody has looked.
        uint256 expected = deposited - paid + bonds + standing;
        uint256 freed = expected - token.balanceOf(address(vault));
        assertEq(freed % BOND, 0);
        assertTrue(freed / BOND <= vault.lastFinal(), "no more are free than are final");
    }
}
