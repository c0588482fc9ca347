// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {Leaves} from "../derivatives/Leaves.sol";
import {ISettlement} from "./ISettlement.sol";
import {ISteps, IVaultMessages} from "./ISteps.sol";

/// @title What a derivatives rollup holds for its users on L1
/// @notice Takes deposits, and tells the rollup of them through the inbox of its Settlement. Anyone proposes the rollup's state
/// roots, with a bond; a root is final when nobody has shown a lie in it for as long as the window lasts, and what left an
/// account under a final root is paid here. Should the sequencer or those who propose be gone, the vault is frozen, and
/// everyone leaves with what the last final root says is theirs.
///
/// Messages to the rollup are packed: 0x00, owner, subId (2 bytes), amount (12) for a deposit; 0x01, market (4), parameters and
/// 0x02, parameters for what is set, opaque here; 0x03, batch (8), root for a proposal. The first three are numbered from 0.
///
/// What is held is at all times what was deposited less what was paid out, and the bonds, and nothing else.
interface IVault is IVaultMessages {
    /// @notice Fixed when the vault is made. Times in seconds.
    /// @param owner Announces parameters, and may do nothing else.
    /// @param guardian May veto proposals, see `veto`; zero for nobody.
    /// @param bond What a proposal stakes.
    /// @param challengeWindow How long a proposal can be challenged.
    /// @param escapeDelay How long there may be something to propose and nobody who does.
    /// @param timelock How long announced parameters wait.
    /// @param outflowWindow Span in which withdrawals may not exceed `outflowMax`. The rollup's own bound must not be above it,
    /// or what leaves there waits here.
    struct Terms {
        address owner;
        address guardian;
        uint96 bond;
        uint40 challengeWindow;
        uint40 escapeDelay;
        uint40 timelock;
        uint40 outflowWindow;
        uint96 outflowMax;
    }

    /// @notice A root, in the order of their chain. Number 0 is the state before any batch, final from the beginning.
    /// @param root After `batch` batches.
    /// @param trace keccak256 of the chunks' hashes, each keccak256(abi.encode(chunk)); zero for number 0.
    /// @param proposedAt Seconds.
    struct Proposal {
        bytes32 root;
        bytes32 trace;
        address proposer;
        uint40 proposedAt;
        uint56 batch;
    }

    /// @notice What is left for those who leave, since the vault was frozen.
    /// @param root Of the last final proposal.
    /// @param pool What the accounts share, in the token's smallest unit: neither bonds, nor withdrawals that wait, nor deposits
    /// that are undone.
    /// @param positiveEquity What the accounts with more than nothing are worth together, in quanta.
    /// @param refundFrom Deposits with this number or a higher one are undone.
    struct Escape {
        bytes32 root;
        uint96 pool;
        uint128 positiveEquity;
        uint64 refundFrom;
    }

    /// @notice What a state root is the hash of, behind a version and the rollup's number.
    struct StateParts {
        uint64 batch;
        bytes32 accounts;
        bytes32 orders;
        bytes32 markets;
        bytes32 series;
        bytes32 outbox;
        bytes32 globals;
    }

    /// @notice Under the roots of a frozen vault: where a leaf is, and the siblings from it up.
    struct Place {
        uint256 index;
        uint256 count;
        bytes32[] proof;
    }

    /// @notice `amount` was taken for the account `(owner, subId)`, as message `number`.
    event Deposited(
        address indexed owner, uint16 indexed subId, uint64 indexed number, address from, uint96 amount
    );
    /// @notice A root was proposed. The chunks are in the transaction's data.
    event Proposed(
        uint256 indexed index, uint64 indexed batch, address indexed proposer, bytes32 root, bytes32 trace
    );
    /// @notice Proposals from `index` on are gone, since chunk number `chunk` of the first of them was a lie.
    event Convicted(
        uint256 indexed index, uint256 chunk, address indexed proposer, address indexed challenger
    );
    /// @notice Proposals from `index` on are gone, since the guardian would not have the first of them.
    event Vetoed(uint256 indexed index, address indexed proposer);
    /// @notice A bond's owner has it back.
    event BondReturned(address indexed proposer, uint256 amount);
    /// @notice A withdrawal of the rollup was paid.
    event Withdrawn(uint64 indexed index, address indexed to, uint96 amount);
    /// @notice A message with parameters can be sent from `readyAt` (seconds) on; zero when it was taken back.
    event Announced(bytes32 indexed messageHash, uint64 readyAt, bytes message);
    /// @notice Parameters were sent to the rollup, as message `number`.
    event Enacted(uint64 indexed number, bytes message);
    /// @notice The vault has come to its end, at the root of proposal `index`.
    event Frozen(uint256 indexed index, uint96 pool, uint128 positiveEquity, uint64 refundFrom);
    /// @notice A market's worth per lot is known, at which everyone leaves: its mark, and what funding has come to.
    event Marked(uint32 indexed market, uint256 markUnit, int128 fundingIndex);
    /// @notice An account was paid out.
    event Exited(uint256 indexed account, address indexed owner, uint96 amount);
    /// @notice A deposit that the rollup never took in was paid back.
    event Refunded(uint64 indexed number, address indexed owner, uint96 amount);

    /// @notice An address is missing, or one that nobody can use is given.
    error NoAddress();
    /// @notice A time or an amount that must be above zero is not.
    error NotSound();
    /// @notice A call out of the middle of another, by way of the token.
    error Reentered();
    /// @notice Nothing is moved by nothing.
    error NoAmount();
    /// @notice Only `wanted` may do this.
    error NotAllowed(address caller, address wanted);
    /// @notice The vault has come to its end.
    error IsFrozen();
    /// @notice The vault is at work.
    error NotFrozen();
    /// @notice Proposals come in transactions of their own, from accounts without code.
    error NotDirect(address caller);
    /// @notice The batch is not settled yet.
    error NotSettled(uint64 batch, uint64 settled);
    /// @notice A root must be of a later batch than the proposal it extends.
    error NotLater(uint64 batch, uint64 last);
    /// @notice The proposer has seen another last proposal than `parent`.
    error NotLast(bytes32 parent, bytes32 last);
    /// @notice Chunks must ascend by batch within the proposal, have bytes and a kind within bounds, and end in its root.
    error BadChunks();
    /// @notice So many proposals wait for their window to end that there is no room for another.
    error TooMany();
    /// @notice There is no such proposal, or it is final.
    error NotPending(uint256 index);
    /// @notice The proposal is not final, or does not exist.
    error NotFinal(uint256 index);
    /// @notice What the challenger says is the proposal's trace is not.
    error NotItsTrace();
    /// @notice The proposal's chunk is right.
    error NoLie();
    /// @notice What is said to stand under the root does not.
    error NotInState();
    /// @notice It was paid already.
    error AlreadyPaid();
    /// @notice The window has had so much withdrawn that this must wait, until `from` (seconds).
    error OutflowExceeded(uint256 amount, uint64 from);
    /// @notice A message sets neither a market nor the rollup.
    error NotParameters();
    /// @notice Nothing of this kind was announced, or its delay is not over.
    error TooEarly();
    /// @notice There is nothing to be paid.
    error NothingToPay();
    /// @notice A market that the account has a position in has not been marked.
    error NotMarked(uint32 market);

    /// @notice Takes `amount` for the sender's account `subId`.
    function deposit(uint16 subId, uint96 amount) external returns (uint64 number);

    /// @notice Takes `amount` from the sender for somebody's account. The zero address with subId 0 is the insurance fund, from
    /// which nothing comes back.
    function depositFor(address owner, uint16 subId, uint96 amount) external returns (uint64 number);

    /// @notice Proposes the root after `batch` batches, all of which must be settled, behind the last proposal, whose root is
    /// `parent`. The bond is taken from what the proposer has free here, else from its tokens.
    /// The chunks must stand in the transaction's own data, where whoever checks them looks: an account without code calls, and
    /// nothing between.
    /// @param chunks What leads from `parent` to `root`, without gaps.
    function propose(bytes32 parent, uint64 batch, bytes32 root, ISteps.Chunk[] calldata chunks)
        external
        returns (uint256 index);

    /// @notice Shows that a chunk of a proposal does not end where it says. The proposer's bond goes half to the caller, half
    /// out of everyone's reach; the proposal and those behind it are gone.
    /// @param chunkHashes All of the proposal's.
    /// @param place Which of them the lie is.
    /// @param before The chunk before it; not looked at when `place` is 0.
    /// @param witness See `ISteps.execute`.
    function challenge(
        uint256 index,
        bytes32[] calldata chunkHashes,
        uint256 place,
        ISteps.Chunk calldata chunk,
        ISteps.Chunk calldata before,
        bytes calldata witness
    ) external;

    /// @notice Drops a proposal that is not final, and those behind it. Only the guardian may: it stands in for what cannot be
    /// executed here yet. The vetoed bond is out of everyone's reach, so that nobody gains by a veto; at worst a guardian
    /// keeps roots from becoming final, until the vault is frozen.
    function veto(uint256 index) external;

    /// @notice Says that all that is settled is proposed, from which the delay of the escape then counts. Anyone may.
    function touch() external;

    /// @notice Pays the sender its bonds whose proposals are final or gone without a fault of theirs.
    function takeBonds() external returns (uint256 amount);

    /// @notice Pays a withdrawal that stands under a final proposal, to whom it names. Anyone may.
    /// @param count How many withdrawals the rollup has had.
    function withdraw(
        uint256 index,
        StateParts calldata parts,
        Leaves.Withdrawal calldata withdrawal,
        uint256 count,
        bytes32[] calldata proof
    ) external;

    /// @notice Announces a message that sets a market or the rollup. Only the owner may.
    function announce(bytes calldata message) external;

    /// @notice Takes an announcement back. Only the owner may.
    function retract(bytes calldata message) external;

    /// @notice Sends an announced message to the rollup once its time has come. Anyone may.
    function enact(bytes calldata message) external returns (uint64 number);

    /// @notice Ends the vault for good, when the rollup's Settlement has escaped, or there was something to propose and nobody
    /// proposed for `escapeDelay`. Proposals that are not final are gone, and their bonds free. Anyone may.
    /// @param parts Of the last final root.
    function freeze(StateParts calldata parts, Leaves.Globals calldata globals) external;

    /// @notice Makes known what a lot of a market is worth under the root of the frozen vault. Anyone may, once for each.
    function mark(
        StateParts calldata parts,
        Leaves.Market calldata market,
        Leaves.MarketParameters calldata parameters,
        Place calldata place
    ) external;

    /// @notice Pays an account's owner, once: what the account is worth at the marks, or its part of the pool when that is not
    /// enough for all. Its markets must be marked. Anyone may.
    function exit(StateParts calldata parts, Leaves.Account calldata account, Place calldata place)
        external
        returns (uint96 amount);

    /// @notice Pays back a deposit that the rollup had not taken in at the root of the frozen vault, to the account's owner. Anyone
    /// may.
    function refund(uint64 number, address owner, uint16 subId, uint96 amount) external;

    /// @notice How many proposals there are, with number 0.
    function proposals() external view returns (uint256);

    /// @notice A proposal by its number.
    function proposalAt(uint256 index) external view returns (Proposal memory);

    /// @notice The last final proposal.
    function lastFinal() external view returns (uint256 index);

    /// @notice When the vault may be frozen for want of proposals, if by then there is anything to propose (seconds).
    function freezableAt() external view returns (uint64);

    /// @notice What a proposer has free here.
    function bondOf(address proposer) external view returns (uint256);

    /// @notice When an announced message can be sent (seconds), or zero.
    function readyAt(bytes32 messageHash) external view returns (uint64);

    /// @notice What was deposited and paid out, and how many numbered messages there are.
    function totals() external view returns (uint96 deposited, uint96 paid, uint64 messages);

    /// @notice Whether a withdrawal was paid.
    function isPaid(uint64 index) external view returns (bool);

    /// @notice Whether an account was paid out.
    function hasExited(uint256 account) external view returns (bool);

    /// @notice What is left to whom, all zero before `freeze`.
    function escape() external view returns (Escape memory);

    /// @notice The token of deposits and bonds. One that takes a fee of transfers cannot be.
    function TOKEN() external view returns (IERC20);

    /// @notice The rollup's settlement.
    function SETTLEMENT() external view returns (ISettlement);

    /// @notice Who executes a challenged chunk.
    function STEPS() external view returns (ISteps);

    /// @notice What was fixed when the vault was made.
    function terms() external view returns (Terms memory);
}
