"""``python -m machiya_component NAME self-test | contract | run OPERATION --name value ...``"""

from machiya_component.cli import main_of_many

if __name__ == "__main__":
    main_of_many()
