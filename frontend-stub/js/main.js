/** Starts the shop: who is here, what is in the cart, which page; and keeps the frame around pages true. */

import { sessionLost } from "./api.js";
import { currentCart, forgetCart, itemCount, loadCart, onCartChange } from "./cart.js";
import { h, icon } from "./dom.js";
import { formatMoney } from "./money.js";
import { accountPage } from "./pages/account.js";
import { calendarPage } from "./pages/calendar.js";
import { cartPage } from "./pages/cart.js";
import { checkoutPage } from "./pages/checkout.js";
import { orderPage } from "./pages/order.js";
import { ordersPage } from "./pages/orders.js";
import { productPage } from "./pages/product.js";
import { productsPage } from "./pages/products.js";
import { signInPage } from "./pages/sign-in.js";
import { statementPage, statementsPage } from "./pages/statements.js";
import { subscribePage } from "./pages/subscribe.js";
import { subscriptionPage } from "./pages/subscription.js";
import { subscriptionsPage } from "./pages/subscriptions.js";
import { walletPage } from "./pages/wallet.js";
import { currentRoute, go, link, onRouteChange, startRouter } from "./router.js";
import { currentCustomer, currentStaff, onSessionChange, restoreSession } from "./session.js";
import { aheadPage } from "./staff/ahead.js";
import { staffOrderPage } from "./staff/order.js";
import { staffOrdersPage } from "./staff/orders.js";
import { packingPage } from "./staff/packing.js";
import { routesPage } from "./staff/routes.js";
import { staffRefundsPage, staffReturnsPage } from "./staff/waiting.js";
import { count } from "./words.js";

const ROUTES = [
  [/^\/$/, productsPage], // first: also shown for an address that names no page
  [/^\/p\/([^/]+)$/, productPage],
  [/^\/cart$/, cartPage],
  [/^\/sign-in$/, signInPage],
  [/^\/checkout$/, checkoutPage],
  [/^\/orders$/, ordersPage],
  [/^\/orders\/([^/]+)$/, orderPage],
  [/^\/subscribe\/([^/]+)$/, subscribePage],
  [/^\/subscriptions$/, subscriptionsPage],
  [/^\/subscriptions\/([^/]+)$/, subscriptionPage],
  [/^\/calendar$/, calendarPage],
  [/^\/statements$/, statementsPage],
  [/^\/statements\/([^/]+)$/, statementPage],
  [/^\/wallet$/, walletPage],
  [/^\/account$/, accountPage],
  [/^\/staff$/, staffOrdersPage],
  [/^\/staff\/orders\/([^/]+)$/, staffOrderPage],
  [/^\/staff\/returns$/, staffReturnsPage],
  [/^\/staff\/refunds$/, staffRefundsPage],
  [/^\/staff\/packing$/, packingPage],
  [/^\/staff\/routes$/, routesPage],
  [/^\/staff\/ahead$/, aheadPage],
];
const TYPING_PAUSE_MS = 250;
const CALM = /^\/(checkout|sign-in|subscribe\/.+|staff.*)$/; // nothing leads away from paying, or from work: no search, no cart bar

const byId = (id) => document.getElementById(id);

function drawFrame() {
  document.body.classList.toggle("calm", CALM.test(currentRoute().path));
  drawCart();
}

function drawCart() {
  const items = itemCount();
  byId("cart-count").textContent = items;
  byId("cart-count").toggleAttribute("data-empty", items === 0);
  const bar = byId("cart-bar");
  const { path } = currentRoute();
  bar.hidden = items === 0 || path === "/cart" || CALM.test(path);
  document.body.classList.toggle("has-bar", !bar.hidden);
  const subtotal = currentCart()?.subtotal;
  bar.replaceChildren(
    h("span", null, count(items, "item", "items"), subtotal && ` · ${formatMoney(subtotal)}`),
    h("span", { class: "bar-go" }, "View cart", icon("arrow")));
}

function drawAccount() {
  const customer = currentCustomer();
  const account = byId("account-link");
  account.textContent = customer ? "Account" : currentStaff() ? "Staff" : "Sign in";
  account.href = customer ? "#/account" : currentStaff() ? "#/staff" : "#/sign-in";
  byId("orders-link").hidden = byId("subscriptions-link").hidden = !customer;
}

/** Search follows typing; what is searched lives in the address, so Back and reload keep it. */
function startSearch() {
  const input = byId("search");
  let timer = 0;
  const search = () => {
    clearTimeout(timer);
    const { path, query } = currentRoute();
    go(link("/", { search: input.value.trim(), category: path === "/" ? query.category : "" }), { replace: path === "/" });
  };
  input.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(search, TYPING_PAUSE_MS); });
  byId("search-form").addEventListener("submit", (event) => { event.preventDefault(); search(); });
  const follow = () => { if (document.activeElement !== input) input.value = currentRoute().query.search ?? ""; };
  onRouteChange(follow);
}

function watchConnection() {
  const draw = () => { byId("offline").hidden = navigator.onLine; };
  window.addEventListener("online", draw);
  window.addEventListener("offline", draw);
  draw();
}

/** "#view" would be read as a page by the router, so the skip link moves the focus itself. */
function startSkipLink() {
  document.querySelector(".skip").addEventListener("click", (event) => {
    event.preventDefault();
    byId("view").focus();
  });
}

async function start() {
  onCartChange(drawCart);
  onSessionChange(drawAccount);
  sessionLost.subscribe(forgetCart);
  onRouteChange(drawFrame);
  watchConnection();
  startSearch();
  startSkipLink();
  // A shop that is away is said by the page that needs it; the frame starts either way.
  await restoreSession().catch(() => null);
  drawAccount();
  loadCart().catch(() => null);
  await startRouter(ROUTES);
}

start();
