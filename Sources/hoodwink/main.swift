print("hoodwink")
