"""Historical market data in Parquet files."""
