"""What weirflow costs against what people write today; nothing imports it."""
