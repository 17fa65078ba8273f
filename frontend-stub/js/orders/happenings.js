/** What the order itself tells with its times: parcels, decisions, money sent back. The rest of its story comes from `explain`. */

import { formatMoney } from "../money.js";
import { parcelsOf, reasonWords, wayBack } from "./words.js";

function ofParcel(parcel, many) {
  const name = many ? `Parcel ${parcel.position}` : "Your order";
  return [
    [parcel.packed_at, many ? `We packed parcel ${parcel.position}` : "We packed your order"],
    [parcel.dispatched_at, `${name} left the shop${parcel.carrier ? `, with ${parcel.carrier}` : ""}`],
    [parcel.delivered_at, `${name} was delivered`],
  ];
}

function ofReturn(told) {
  const what = reasonWords(told.reason).toLowerCase();
  return [[told.decided_at, told.status === "declined" ? `We could not accept what you told us (${what})` : `We accepted what you told us (${what})`]];
}

function ofRefund(refund, order) {
  const money = formatMoney(refund.amount);
  if (refund.status === "failed") return [[refund.decided_at, `${money} could not be sent back; we look at it`]];
  return [[refund.decided_at, refund.destination === "by_hand" ? `We paid ${money} back to you` : `We sent ${money} back ${wayBack(refund, order)}`]];
}

/** [{at, words}] in no order; what has no time yet is still to happen. */
export function happenings(order) {
  const parcels = parcelsOf(order);
  return [
    ...parcels.flatMap((parcel) => ofParcel(parcel, parcels.length > 1)),
    ...order.returns.flatMap(ofReturn),
    ...order.refunds.flatMap((refund) => ofRefund(refund, order)),
  ].filter(([at]) => at).map(([at, words]) => ({ at, words }));
}
