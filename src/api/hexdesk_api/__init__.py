"""The wire format of hexdesk: generated from `proto/hexdesk_api`, nothing by hand."""
