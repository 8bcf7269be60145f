"""A trace as text to take elsewhere: JSON, Markdown, Zipkin's spans. Pure: values in, text or plain values out."""
