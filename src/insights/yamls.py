"""YAML as people write it: a key that stands twice is refused, of which YAML itself would keep the last."""

import yaml


class Once:
    """A loader of YAML that refuses a key that stands twice; mix it into one of yaml's own."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict:
        """Return a mapping.

        Raises
        ------
        yaml.YAMLError
            If a key stands twice; it names the key and the place.
        """
        keys = [key.value for key, _ in node.value]
        twice = sorted({key for key in keys if keys.count(key) > 1})
        if twice:
            raise yaml.YAMLError(f"{', '.join(twice)} stands twice, {str(node.start_mark).strip()}")
        return super().construct_mapping(node, deep)
