"""AWS's Price List on loopback, which moto does not have: GetProducts, in AWS's own form."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PAGE = 2  # products on a page, so that every question has several


class PriceServer:
    """Answers with the products that match all filters, and keeps what was asked.

    Args:
        products: As `product` makes them.
    """

    def __init__(self, products):
        self.products = products
        self.asked = []
        handler = type("Handler", (_Handler,), {"prices": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self):
        """Serves in a thread."""
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_):
        """Ends it."""
        self._server.shutdown()
        self._server.server_close()

    def answer(self, question):
        """One page of products, with the token of the next."""
        self.asked.append(question)
        wanted = {each["Field"]: each["Value"] for each in question.get("Filters", [])}
        found = [
            entry
            for entry in self.products
            if entry["serviceCode"] == question["ServiceCode"]
            and wanted.items() <= _fields(entry).items()
        ]
        start = int(question.get("NextToken", 0))
        page = {"FormatVersion": "aws_v1", "PriceList": list(map(json.dumps, found[start:][:PAGE]))}
        return page | ({"NextToken": str(start + PAGE)} if found[start + PAGE :] else {})


def product(service, family, dollars, **attributes):
    """An entry of the Price List with tiers: the first at this price, the next at half of it."""
    tiers = {
        "SKU.JRTCKXETXF.A": {"beginRange": "500", "pricePerUnit": {"USD": f"{dollars / 2:.10f}"}},
        "SKU.JRTCKXETXF.B": {"beginRange": "0", "pricePerUnit": {"USD": f"{dollars:.10f}"}},
    }
    return {
        "serviceCode": service,
        "product": {"productFamily": family, "attributes": attributes, "sku": "SKU"},
        "terms": {"OnDemand": {"SKU.JRTCKXETXF": {"priceDimensions": tiers}}},
    }


def _fields(entry):
    return {"productFamily": entry["product"]["productFamily"], **entry["product"]["attributes"]}


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        question = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        answer = json.dumps(self.prices.answer(question)).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/x-amz-json-1.1")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        """Says nothing."""
