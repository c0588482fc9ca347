// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {BitMaps} from "@openzeppelin/contracts/utils/structs/BitMaps.sol";
import {RollupId} from "../interfaces/IRollups.sol";
import {ISettlement} from "../interfaces/ISettlement.sol";
import {ISteps, IVaultMessages} from "../interfaces/ISteps.sol";
import {IVault} from "../interfaces/IVault.sol";
import {DenseTree} from "./DenseTree.sol";
import {Leaves} from "./Leaves.sol";

/// @title Vault
contract Vault is IVault {
    using SafeERC20 for IERC20;
    using BitMaps for BitMaps.BitMap;

    uint8 private constant DEPOSIT = 0;
    uint8 private constant SET_MARKET = 1;
    uint8 private constant SET_ROLLUP = 2;
    uint8 private constant ANCHORED = 3;
    /// @dev Kinds of chunks go up to Admit.
    uint8 private constant KIND_MAX = 5;
    /// @dev What a challenger must be able to bring along in one transaction.
    uint256 private constant STEP_BYTES_MAX = 49_152;
    /// @dev So many bonds are given back at once when the first of them is convicted.
    uint256 private constant PENDING_MAX = 256;
    address private constant BURNT = address(0xdead);
    /// @dev Quanta in the smallest unit of the token.
    uint256 private constant QUANTA = 1e6;

    /// @dev One slot. What is held for users is `deposited - paid`.
    struct Funds {
        uint96 deposited;
        uint96 paid;
        uint64 messages;
    }

    /// @dev One slot. `since` is when the window began.
    struct Outflow {
        uint96 amount;
        uint40 since;
    }

    /// @dev `markUnit` is what a lot is worth, in quanta.
    struct Mark {
        bool isKnown;
        int128 fundingIndex;
        uint256 markUnit;
    }

    /// @inheritdoc IVault
    IERC20 public immutable TOKEN;
    /// @inheritdoc IVault
    ISettlement public immutable SETTLEMENT;
    /// @inheritdoc IVault
    ISteps public immutable STEPS;
    uint256 private immutable ROLLUP;
    address private immutable OWNER;
    address private immutable GUARDIAN;
    uint96 private immutable BOND;
    uint40 private immutable CHALLENGE_WINDOW;
    uint40 private immutable ESCAPE_DELAY;
    uint40 private immutable TIMELOCK;
    uint40 private immutable OUTFLOW_WINDOW;
    uint96 private immutable OUTFLOW_MAX;

    Funds private _funds;
    Outflow private _outflow;
    Proposal[] private _proposals;
    /// @dev The last proposal whose bond was set free for being final; there may be later ones that are final by now.
    uint64 private _final;
    /// @dev When proposals were last removed, or all was proposed. The delay of the escape counts from here as well: else a
    /// lie that stands for as long, and is then convicted, would freeze the vault before anyone could propose the truth.
    uint40 private _touchedAt;
    mapping(address proposer => uint256) private _bonds;
    mapping(bytes32 messageHash => uint64) private _readyAt;
    /// @inheritdoc IVaultMessages
    mapping(uint64 number => bytes32) public messageDataHash;
    BitMaps.BitMap private _paid;
    BitMaps.BitMap private _exited;
    mapping(uint32 market => Mark) private _marks;
    Escape private _escape;
    bool private transient _isEntered;

    /// @dev Everything is written before a token is moved; this is for a token that calls whom it pays.
    modifier nonReentrant() {
        if (_isEntered) revert Reentered();
        _isEntered = true;
        _;
        _isEntered = false;
    }

    modifier whileOpen() {
        if (_escape.root != 0) revert IsFrozen();
        _;
    }

    /// @param genesisRoot Of the state before any batch.
    /// @param messages The first parameters, as `announce` takes them.
    constructor(
        ISettlement settlement,
        IERC20 token,
        ISteps steps,
        bytes32 genesisRoot,
        Terms memory terms_,
        bytes[] memory messages
    ) {
        if (address(settlement).code.length == 0 || address(token).code.length == 0) {
            revert NoAddress();
        }
        if (address(steps).code.length == 0 || terms_.owner == address(0)) revert NoAddress();
        if (genesisRoot == 0 || terms_.challengeWindow == 0 || terms_.escapeDelay == 0) revert NotSound();
        if (terms_.bond == 0 || terms_.outflowWindow == 0 || terms_.outflowMax == 0) revert NotSound();
        SETTLEMENT = settlement;
        TOKEN = token;
        STEPS = steps;
        ROLLUP = RollupId.unwrap(settlement.ID());
        OWNER = terms_.owner;
        GUARDIAN = terms_.guardian;
        BOND = terms_.bond;
        CHALLENGE_WINDOW = terms_.challengeWindow;
        ESCAPE_DELAY = terms_.escapeDelay;
        TIMELOCK = terms_.timelock;
        OUTFLOW_WINDOW = terms_.outflowWindow;
        OUTFLOW_MAX = terms_.outflowMax;
        _proposals.push(Proposal(genesisRoot, 0, address(0), uint40(block.timestamp), 0));
        for (uint256 i = 0; i < messages.length; i++) {
            _requireParameters(messages[i]);
            uint64 number = _note(messages[i]);
            emit Enacted(number, messages[i]);
            settlement.enqueue(messages[i]);
        }
    }

    /// @inheritdoc IVault
    function deposit(uint16 subId, uint96 amount) external returns (uint64 number) {
        return depositFor(msg.sender, subId, amount);
    }

    /// @inheritdoc IVault
    function depositFor(address owner, uint16 subId, uint96 amount)
        public
        nonReentrant
        whileOpen
        returns (uint64 number)
    {
        if (owner == address(0) && subId != 0) revert NoAddress();
        if (amount == 0) revert NoAmount();
        bytes memory message = _messageOf(owner, subId, amount);
        number = _note(message);
        _funds.deposited += amount;
        emit Deposited(owner, subId, number, msg.sender, amount);
        TOKEN.safeTransferFrom(msg.sender, address(this), amount);
        SETTLEMENT.enqueue(message);
    }

    /// @inheritdoc IVault
    function propose(bytes32 parent, uint64 batch, bytes32 root, ISteps.Chunk[] calldata chunks)
        external
        nonReentrant
        whileOpen
        returns (uint256 index)
    {
        // Else a proposer could hide its chunks where nobody finds them: in a call within a call.
        if (msg.sender != tx.origin || msg.sender.code.length != 0) revert NotDirect(msg.sender);
        index = _proposals.length;
        Proposal storage last = _proposals[index - 1];
        if (last.root != parent) revert NotLast(parent, last.root);
        if (batch <= last.batch) revert NotLater(batch, last.batch);
        (uint64 settled,,,) = SETTLEMENT.settled();
        if (batch > settled || batch > type(uint56).max) revert NotSettled(batch, settled);
        if (index - _freeFinal() > PENDING_MAX) revert TooMany();
        bytes32 trace = _traceOf(chunks, last.batch, batch, root);

        _proposals.push(Proposal(root, trace, msg.sender, uint40(block.timestamp), uint56(batch)));
        emit Proposed(index, batch, msg.sender, root, trace);
        uint256 free = _bonds[msg.sender];
        if (free >= BOND) _bonds[msg.sender] = free - BOND;
        else TOKEN.safeTransferFrom(msg.sender, address(this), BOND);
        SETTLEMENT.enqueue(abi.encodePacked(ANCHORED, batch, root));
    }

    /// @inheritdoc IVault
    function challenge(
        uint256 index,
        bytes32[] calldata chunkHashes,
        uint256 place,
        ISteps.Chunk calldata chunk,
        ISteps.Chunk calldata before,
        bytes calldata witness
    ) external nonReentrant whileOpen {
        Proposal storage proposal = _pending(index);
        if (keccak256(abi.encodePacked(chunkHashes)) != proposal.trace) revert NotItsTrace();
        if (place >= chunkHashes.length || _hashOf(chunk) != chunkHashes[place]) revert NotItsTrace();
        bytes32 pre;
        if (place == 0) {
            pre = _proposals[index - 1].root;
        } else {
            if (_hashOf(before) != chunkHashes[place - 1]) revert NotItsTrace();
            pre = before.post;
        }
        bytes32 post = STEPS.execute(pre, chunk, witness);
        // A step that is not allowed leads nowhere, whatever the proposer says: a claim of zero is not right either.
        if (post != 0 && post == chunk.post) revert NoLie();

        emit Convicted(index, place, proposal.proposer, msg.sender);
        _removeFrom(index);
        uint256 half = BOND / 2;
        TOKEN.safeTransfer(msg.sender, half);
        TOKEN.safeTransfer(BURNT, BOND - half);
    }

    /// @inheritdoc IVault
    function veto(uint256 index) external nonReentrant whileOpen {
        if (msg.sender != GUARDIAN) revert NotAllowed(msg.sender, GUARDIAN);
        emit Vetoed(index, _pending(index).proposer);
        _removeFrom(index);
        TOKEN.safeTransfer(BURNT, BOND);
    }

    /// @inheritdoc IVault
    function touch() external whileOpen {
        (uint64 settled,,,) = SETTLEMENT.settled();
        uint64 last = _proposals[_proposals.length - 1].batch;
        if (settled > last) revert NotLater(last, settled);
        _touchedAt = uint40(block.timestamp);
    }

    /// @inheritdoc IVault
    function takeBonds() external nonReentrant returns (uint256 amount) {
        _freeFinal();
        amount = _bonds[msg.sender];
        if (amount == 0) revert NothingToPay();
        _bonds[msg.sender] = 0;
        emit BondReturned(msg.sender, amount);
        TOKEN.safeTransfer(msg.sender, amount);
    }

    /// @inheritdoc IVault
    /// @dev The outbox only grows, so any final root does. The bound is against a root that is final and wrong, and falls with
    /// the vault's end, after which there are no new ones and nobody should wait behind another.
    function withdraw(
        uint256 index,
        StateParts calldata parts,
        Leaves.Withdrawal calldata withdrawal,
        uint256 count,
        bytes32[] calldata proof
    ) external nonReentrant {
        if (index >= _proposals.length || !_isFinal(index)) revert NotFinal(index);
        _requireParts(_proposals[index].root, parts);
        _requireLeaf(parts.outbox, count, withdrawal.index, Leaves.hash(withdrawal), proof);
        if (_paid.get(withdrawal.index)) revert AlreadyPaid();
        _paid.set(withdrawal.index);
        uint96 amount = _toAmount(withdrawal.tokenAmount);
        if (_escape.root == 0) _noteOutflow(amount);
        emit Withdrawn(withdrawal.index, withdrawal.to, amount);
        _pay(withdrawal.to, amount);
    }

    /// @inheritdoc IVault
    function announce(bytes calldata message) external whileOpen {
        if (msg.sender != OWNER) revert NotAllowed(msg.sender, OWNER);
        _requireParameters(message);
        bytes32 messageHash = keccak256(message);
        uint64 from = uint64(block.timestamp) + TIMELOCK;
        _readyAt[messageHash] = from;
        emit Announced(messageHash, from, message);
    }

    /// @inheritdoc IVault
    function retract(bytes calldata message) external {
        if (msg.sender != OWNER) revert NotAllowed(msg.sender, OWNER);
        bytes32 messageHash = keccak256(message);
        if (_readyAt[messageHash] == 0) revert TooEarly();
        delete _readyAt[messageHash];
        emit Announced(messageHash, 0, message);
    }

    /// @inheritdoc IVault
    function enact(bytes calldata message) external whileOpen returns (uint64 number) {
        bytes32 messageHash = keccak256(message);
        uint64 from = _readyAt[messageHash];
        if (from == 0 || block.timestamp < from) revert TooEarly();
        delete _readyAt[messageHash];
        number = _note(message);
        emit Enacted(number, message);
        SETTLEMENT.enqueue(message);
    }

    /// @inheritdoc IVault
    /// @dev All that was deposited is: in accounts, or withdrawn there and paid or not paid here, or not taken in by the root.
    /// So what accounts have is what went in less what went out, as the root itself counts it.
    function freeze(StateParts calldata parts, Leaves.Globals calldata globals) external whileOpen {
        if (!SETTLEMENT.escapeActive()) {
            (uint64 settled,,,) = SETTLEMENT.settled();
            bool isBehind = settled > _proposals[_proposals.length - 1].batch;
            if (!isBehind || block.timestamp < freezableAt()) revert TooEarly();
        }
        uint256 index = _freeFinal();
        Proposal storage last = _proposals[index];
        _requireParts(last.root, parts);
        if (Leaves.hash(globals) != parts.globals) revert NotInState();
        if (_proposals.length > index + 1) {
            _bonds[_proposals[index + 1].proposer] += BOND;
            _removeFrom(index + 1);
        }
        uint256 held = _funds.deposited - _funds.paid;
        uint256 pool =
            globals.deposited < globals.withdrawn ? 0 : (globals.deposited - globals.withdrawn) / QUANTA;
        if (pool > held) pool = held;
        // No more than what is held, which was counted in 96 bits.
        _escape = Escape(last.root, uint96(pool), globals.sumPositiveEquity, globals.l1Index);
        emit Frozen(index, uint96(pool), globals.sumPositiveEquity, globals.l1Index);
    }

    /// @inheritdoc IVault
    function mark(
        StateParts calldata parts,
        Leaves.Market calldata market,
        Leaves.MarketParameters calldata parameters,
        Place calldata place
    ) external {
        _requireFrozenAt(parts);
        _requireLeaf(parts.markets, place.count, place.index, Leaves.hash(market), place.proof);
        if (keccak256(abi.encode(parameters)) != market.parametersHash) revert NotInState();
        uint256 markUnit = uint256(market.markTicks) * parameters.unit;
        _marks[market.id] = Mark(true, market.fundingIndex, markUnit);
        emit Marked(market.id, markUnit, market.fundingIndex);
    }

    /// @inheritdoc IVault
    function exit(StateParts calldata parts, Leaves.Account calldata account, Place calldata place)
        external
        nonReentrant
        returns (uint96 amount)
    {
        _requireFrozenAt(parts);
        _requireLeaf(parts.accounts, place.count, place.index, Leaves.hash(account), place.proof);
        if (account.owner == address(0)) revert NoAddress();
        if (_exited.get(place.index)) revert AlreadyPaid();
        _exited.set(place.index);
        amount = _shareOf(_equityOf(account));
        if (amount == 0) revert NothingToPay();
        emit Exited(place.index, account.owner, amount);
        _pay(account.owner, amount);
    }

    /// @inheritdoc IVault
    function refund(uint64 number, address owner, uint16 subId, uint96 amount) external nonReentrant {
        if (_escape.root == 0) revert NotFrozen();
        if (number < _escape.refundFrom) revert NothingToPay();
        if (messageDataHash[number] != keccak256(_messageOf(owner, subId, amount))) revert NothingToPay();
        delete messageDataHash[number];
        emit Refunded(number, owner, amount);
        _pay(owner, amount);
    }

    /// @inheritdoc IVault
    function proposals() external view returns (uint256) {
        return _proposals.length;
    }

    /// @inheritdoc IVault
    function proposalAt(uint256 index) external view returns (Proposal memory) {
        return _proposals[index];
    }

    /// @inheritdoc IVault
    function lastFinal() external view returns (uint256 index) {
        index = _final;
        while (index + 1 < _proposals.length && _isFinal(index + 1)) index++;
    }

    /// @inheritdoc IVault
    function bondOf(address proposer) external view returns (uint256) {
        return _bonds[proposer];
    }

    /// @inheritdoc IVault
    function readyAt(bytes32 messageHash) external view returns (uint64) {
        return _readyAt[messageHash];
    }

    /// @inheritdoc IVault
    function totals() external view returns (uint96 deposited, uint96 paid, uint64 messages) {
        return (_funds.deposited, _funds.paid, _funds.messages);
    }

    /// @inheritdoc IVault
    function isPaid(uint64 index) external view returns (bool) {
        return _paid.get(index);
    }

    /// @inheritdoc IVault
    function hasExited(uint256 account) external view returns (bool) {
        return _exited.get(account);
    }

    /// @inheritdoc IVault
    function escape() external view returns (Escape memory) {
        return _escape;
    }

    /// @inheritdoc IVault
    function terms() external view returns (Terms memory) {
        return Terms({
            owner: OWNER,
            guardian: GUARDIAN,
            bond: BOND,
            challengeWindow: CHALLENGE_WINDOW,
            escapeDelay: ESCAPE_DELAY,
            timelock: TIMELOCK,
            outflowWindow: OUTFLOW_WINDOW,
            outflowMax: OUTFLOW_MAX
        });
    }

    /// @inheritdoc IVault
    function freezableAt() public view returns (uint64) {
        uint40 proposedAt = _proposals[_proposals.length - 1].proposedAt;
        return uint64(proposedAt > _touchedAt ? proposedAt : _touchedAt) + ESCAPE_DELAY;
    }

    /// @dev Numbers a message that changes the rollup, and keeps what it says: an executed deposit is held against it, and one
    /// that never was is given back by it.
    function _note(bytes memory message) private returns (uint64 number) {
        number = _funds.messages++;
        messageDataHash[number] = keccak256(message);
    }

    /// @dev Checks what would leave a challenger without a claim, and hashes.
    function _traceOf(ISteps.Chunk[] calldata chunks, uint64 from, uint64 batch, bytes32 root)
        private
        pure
        returns (bytes32)
    {
        uint256 count = chunks.length;
        if (count == 0 || chunks[count - 1].post != root || root == 0) revert BadChunks();
        bytes32[] memory hashes = new bytes32[](count);
        uint64 least = from + 1;
        for (uint256 i = 0; i < count; i++) {
            ISteps.Chunk calldata chunk = chunks[i];
            if (chunk.batch < least || chunk.batch > batch) revert BadChunks();
            if (chunk.kind > KIND_MAX || chunk.steps.length > STEP_BYTES_MAX) revert BadChunks();
            least = chunk.batch;
            hashes[i] = _hashOf(chunk);
        }
        return keccak256(abi.encodePacked(hashes));
    }

    function _hashOf(ISteps.Chunk calldata chunk) private pure returns (bytes32) {
        return keccak256(abi.encode(chunk));
    }

    /// @dev Sets the bonds of those free that have become final.
    function _freeFinal() private returns (uint256 index) {
        index = _final;
        uint256 before = index;
        while (index + 1 < _proposals.length && _isFinal(index + 1)) {
            index++;
            _bonds[_proposals[index].proposer] += BOND;
        }
        if (index != before) _final = uint64(index);
    }

    /// @dev Without the bond of the first, of which the caller disposes. The others have theirs back: what they built on was
    /// not shown to be theirs, and who punishes them lets anyone take honest bonds by lying first.
    function _removeFrom(uint256 index) private {
        for (uint256 i = _proposals.length - 1; i > index; i--) {
            _bonds[_proposals[i].proposer] += BOND;
            _proposals.pop();
        }
        _proposals.pop();
        _touchedAt = uint40(block.timestamp);
    }

    function _noteOutflow(uint96 amount) private {
        Outflow memory outflow = _outflow;
        uint64 end = uint64(outflow.since) + OUTFLOW_WINDOW;
        if (block.timestamp >= end) outflow = Outflow(0, uint40(block.timestamp));
        uint256 sum = uint256(outflow.amount) + amount;
        if (sum > OUTFLOW_MAX) revert OutflowExceeded(amount, uint64(outflow.since) + OUTFLOW_WINDOW);
        outflow.amount = uint96(sum);
        _outflow = outflow;
    }

    /// @dev Out of what users have put in and nothing else: not even a wrong root that is final reaches the bonds.
    function _pay(address to, uint96 amount) private {
        Funds storage funds = _funds;
        uint96 paid = funds.paid + amount;
        if (paid > funds.deposited) revert NothingToPay();
        funds.paid = paid;
        TOKEN.safeTransfer(to, amount);
    }

    /// @dev Not counted by what is stored: what became final a moment ago is.
    function _isFinal(uint256 index) private view returns (bool) {
        if (index == 0) return true;
        return block.timestamp >= uint256(_proposals[index].proposedAt) + CHALLENGE_WINDOW;
    }

    function _pending(uint256 index) private view returns (Proposal storage) {
        if (index >= _proposals.length || _isFinal(index)) revert NotPending(index);
        return _proposals[index];
    }

    function _requireFrozenAt(StateParts calldata parts) private view {
        if (_escape.root == 0) revert NotFrozen();
        _requireParts(_escape.root, parts);
    }

    function _requireParts(bytes32 root, StateParts calldata parts) private view {
        bytes32 actual = Leaves.stateRoot(
            ROLLUP,
            parts.batch,
            parts.accounts,
            parts.orders,
            parts.markets,
            parts.series,
            parts.outbox,
            parts.globals
        );
        if (actual != root) revert NotInState();
    }

    /// @dev Of the tree with that root and count. The length of the proof is bound as the count is.
    function _requireLeaf(bytes32 root, uint256 count, uint256 index, bytes32 leaf, bytes32[] calldata proof)
        private
        pure
    {
        if (index >= count || proof.length != DenseTree.depthOf(count)) revert NotInState();
        bytes32 top = DenseTree.topFrom(index, leaf, proof);
        if (DenseTree.root(DenseTree.Tree(count, top)) != root) revert NotInState();
    }

    /// @dev Funding is paid by the long: what its index rose by since it was last settled with the account.
    function _equityOf(Leaves.Account calldata account) private view returns (int256 equity) {
        equity = account.cash;
        for (uint256 i = 0; i < account.positions.length; i++) {
            Leaves.Position calldata position = account.positions[i];
            Mark storage known = _marks[position.market];
            if (!known.isKnown) revert NotMarked(position.market);
            int256 perLot =
                int256(known.markUnit) - (int256(known.fundingIndex) - int256(position.fundingIndex));
            equity += int256(position.lots) * perLot;
        }
    }

    /// @dev In the token's smallest unit, rounded down, so that the shares never add up to more than the pool.
    function _shareOf(int256 equity) private view returns (uint96) {
        if (equity <= 0) return 0;
        uint256 pool = uint256(_escape.pool) * QUANTA;
        uint256 sum = _escape.positiveEquity;
        uint256 share = pool < sum ? uint256(equity) * pool / sum : uint256(equity);
        return _toAmount(share / QUANTA);
    }

    function _toAmount(uint256 amount) private pure returns (uint96) {
        if (amount > type(uint96).max) revert NothingToPay();
        return uint96(amount);
    }

    function _messageOf(address owner, uint16 subId, uint96 amount) private pure returns (bytes memory) {
        return abi.encodePacked(DEPOSIT, owner, subId, amount);
    }

    function _requireParameters(bytes memory message) private pure {
        if (message.length < 2) revert NotParameters();
        uint8 kind = uint8(message[0]);
        if (kind != SET_MARKET && kind != SET_ROLLUP) revert NotParameters();
    }
}
