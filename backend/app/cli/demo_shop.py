"""The demonstration shop: what an organic shop in Bengaluru sells, in November.

Prices are paise including GST. Rates are those in force since 22 September 2025; what was exempt by then is marked so: fresh
milk, paneer (since that day), eggs, fresh fruit and vegetables. Check them with your accountant before you sell anything.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any

STORE: dict[str, Any] = {
    "slug": "rozana-organics",
    "name": "Rozana Organics",
    "zone": "Asia/Kolkata",
    "state_code": "29",  # Karnataka
    "gstin": "29AAFCR0000Q1ZB",  # well formed, and nobody's: PANs are not numbered 0000
    "contact_email": "care@rozana.example",
    "settings": {
        "pricing": {"shipping_amount": 4_000, "free_shipping_from_amount": 49_900},
        "invoices": {
            "legal_name": "Rozana Organics Private Limited",
            "address_lines": ["14 Nandidurga Road, Jayamahal", "Bengaluru 560046"],
            "fssai": "10000000000000",  # 14 digits, and nobody's licence
            "phone": "+91 80 0000 0000",
            "signature_name": "K. Shanthala",
        },
    },
}
TAX_SINCE = date(2025, 9, 22)
PLENTY = 200


@dataclass(frozen=True)
class Pack:
    """A way to buy a product. `mrp` where the printed price is higher; `grams` of produce: what one piece is meant to weigh."""

    sku: str
    name: str
    unit: str
    price: int
    mrp: int = 0
    grams: int | None = None
    by_weight: bool = False
    stock: int = PLENTY


@dataclass(frozen=True)
class Good:
    """A product with its HSN code; `gst_bp` None: exempt."""

    slug: str
    image: str
    name: str
    category: str
    hsn: str
    gst_bp: int | None
    description: str
    packs: tuple[Pack, ...]
    is_veg: bool = True


def _weighed(sku: str, unit: str, price: int, grams: int, stock: int = PLENTY) -> Pack:
    return Pack(sku, f"{unit}, weighed when packed", unit, price, grams=grams, by_weight=True, stock=stock)


GOODS: tuple[Good, ...] = (
    Good(
        "a2-cow-milk", "milk", "A2 Cow Milk", "Dairy", "0401", None,
        "Pasteurised, not homogenised; milked last evening, at your door by seven.",
        (
            Pack("MILK-A2-500ML", "500 ml pouch", "500 ml", 4_800, grams=515),
            Pack("MILK-A2-1L", "1 litre bottle", "1 l", 9_400, grams=1_030),
        ),
    ),
    Good(
        "set-curd", "curd", "Set Curd", "Dairy", "0403", 500,
        "Set overnight in the cup it comes in.",
        (
            Pack("CURD-400G", "400 g cup", "400 g", 6_500, 7_000, 400),
            Pack("CURD-1KG", "1 kg tub", "1 kg", 14_500, 15_500, 1_000),
        ),
    ),
    Good(
        "a2-cow-ghee", "ghee", "A2 Cow Ghee", "Dairy", "0405", 500,
        "Churned from curd and cooked slowly over wood.",
        (
            Pack("GHEE-A2-250ML", "250 ml jar", "250 ml", 41_500, 45_000, 228),
            Pack("GHEE-A2-500ML", "500 ml jar", "500 ml", 78_500, 85_000, 455),
        ),
    ),
    Good(
        "fresh-paneer", "paneer", "Fresh Paneer", "Dairy", "0406", None,
        "Pressed this morning from full-cream milk; use within four days.",
        (Pack("PANEER-200G", "200 g pack", "200 g", 11_000, 12_000, 200),),
    ),
    Good(
        "white-butter", "butter", "Cultured White Butter", "Dairy", "0405", 500,
        "Unsalted, from cultured cream.",
        (Pack("BUTTER-200G", "200 g tub", "200 g", 16_500, 18_000, 200),),
    ),
    Good(
        "free-range-eggs", "eggs", "Free-range Eggs", "Dairy", "0407", None,
        "Brown eggs from hens that see the sun.",
        (Pack("EGGS-6", "box of 6", "6 eggs", 8_400, 9_000, 330), Pack("EGGS-12", "box of 12", "12 eggs", 16_200, 18_000, 660)),
        is_veg=False,
    ),
    Good(
        "stone-ground-atta", "atta", "Stone-ground Atta", "Staples", "1101", 500,
        "Whole Khapli wheat, milled cool and slow.",
        (
            Pack("ATTA-1KG", "1 kg bag", "1 kg", 8_900, 9_500, 1_000),
            Pack("ATTA-5KG", "5 kg bag", "5 kg", 41_500, 45_000, 5_000),
        ),
    ),
    Good(
        "sona-masuri-rice", "rice", "Sona Masuri Rice", "Staples", "1006", 500,
        "Single-polished, aged for a year.",
        (
            Pack("RICE-SM-1KG", "1 kg bag", "1 kg", 11_500, 12_500, 1_000),
            Pack("RICE-SM-5KG", "5 kg bag", "5 kg", 54_500, 59_500, 5_000),
        ),
    ),
    Good(
        "toor-dal", "toor-dal", "Toor Dal", "Staples", "0713", 500,
        "Unpolished split pigeon peas from Kalaburagi.",
        (Pack("DAL-TOOR-1KG", "1 kg bag", "1 kg", 22_900, 24_500, 1_000),),
    ),
    Good(
        "jaggery-powder", "jaggery", "Jaggery Powder", "Pantry", "1701", 500,
        "From sugar cane pressed in Mandya; no sulphur, no colour.",
        (Pack("JAGGERY-500G", "500 g pouch", "500 g", 9_500, 10_500, 500),),
    ),
    Good(
        "forest-honey", "honey", "Wild Forest Honey", "Pantry", "0409", 500,
        "Raw, from the Western Ghats; it sets in the cold.",
        (Pack("HONEY-500G", "500 g jar", "500 g", 38_500, 42_500, 500),),
    ),
    Good(
        "mustard-oil", "mustard-oil", "Cold-pressed Mustard Oil", "Pantry", "1514", 500,
        "Pressed once in a wooden ghani.",
        (Pack("OIL-MUSTARD-1L", "1 litre bottle", "1 l", 31_000, 34_500, 910),),
    ),
    Good(
        "lakadong-turmeric", "turmeric", "Lakadong Turmeric Powder", "Pantry", "0910", 500,
        "From the Jaintia Hills, seven per cent curcumin.",
        (Pack("TURMERIC-200G", "200 g pouch", "200 g", 14_500, 16_000, 200),),
    ),
    Good(
        "yelakki-banana", "banana", "Yelakki Banana", "Fruit", "0803", None,
        "Small and sweet, ripened without carbide.",
        (_weighed("BANANA-500G", "500 g", 4_900, 500), _weighed("BANANA-1KG", "1 kg", 9_600, 1_000)),
    ),
    Good(
        "shimla-apple", "apple", "Shimla Apple", "Fruit", "0808", None,
        "This autumn's, unwaxed.",
        (_weighed("APPLE-1KG", "1 kg", 24_000, 1_000),),
    ),
    Good(
        "totapuri-mango", "mango", "Totapuri Mango", "Fruit", "0804", None,
        "The last of the late harvest.",
        (_weighed("MANGO-1KG", "1 kg", 18_500, 1_000, stock=4),),
    ),
    Good(
        "tender-coconut", "coconut", "Tender Coconut", "Fruit", "0801", None,
        "Cut to order; drink it the same day.",
        (Pack("COCONUT-1", "one nut", "1 piece", 5_500),),
    ),
    Good(
        "country-tomato", "tomato", "Country Tomato", "Vegetables", "0702", None,
        "Nati tomatoes, sour and soft, for rasam and chutney.",
        (_weighed("TOMATO-500G", "500 g", 2_600, 500), _weighed("TOMATO-1KG", "1 kg", 5_000, 1_000)),
    ),
    Good(
        "hassan-potato", "potato", "Hassan Potato", "Vegetables", "0701", None,
        "New potatoes with the soil still on.",
        (_weighed("POTATO-1KG", "1 kg", 5_200, 1_000),),
    ),
    Good(
        "bellary-onion", "onion", "Bellary Onion", "Vegetables", "0703", None,
        "Cured for a month; keeps for two.",
        (_weighed("ONION-1KG", "1 kg", 5_800, 1_000),),
    ),
    Good(
        "palak", "spinach", "Palak", "Vegetables", "0709", None,
        "Cut at five in the morning.",
        (Pack("SPINACH-BUNCH", "one bunch", "1 bunch", 2_800, grams=250),),
    ),
    Good(
        "weekly-vegetable-box", "vegetable-box", "Weekly Vegetable Box", "Boxes", "0709", None,
        "Eight vegetables of the week for a family of four.",
        (Pack("BOX-VEG-WEEKLY", "box of about 5 kg", "1 box", 49_900, 57_500, 5_000),),
    ),
)  # fmt: skip
